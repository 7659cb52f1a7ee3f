import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { precache } from "./build/precache.ts";
import { precompress } from "./build/precompress.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here("."),
  resolve: {
    alias: [
      { find: "@", replacement: here("src") },
      // What "dexie" resolves to is written for browsers of 2015.
      { find: /^dexie$/, replacement: here("node_modules/dexie/dist/modern/dexie.min.mjs") },
    ],
  },
  plugins: [vue(), precache({ page: "liaison.html", worker: "sw.js" }), precompress()],
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    outDir: here("../backend/web"),
    emptyOutDir: true,
    // What the WebView of a cheap phone from 2021 runs; has locks, dialogs and random UUIDs.
    target: "chrome92",
    // Nothing inline: the pages are served under a policy that forbids it.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { liaison: here("liaison.html"), sw: here("src/worker/sw.ts") },
      output: {
        // What every first load needs in one piece, and what comes later in few: small pieces
        // compress badly.
        advancedChunks: {
          groups: [
            {
              name: "first",
              test: /src\/liaison\/(main|router|welcome|push|updates|preferences|times|home|hopes|kept|duties|views\/(HomeView|SignedIn|SignInView)|parts\/(TopBar|HelpSheet|CallOffice|ShapeMark|DefectList|LanguageChoice|DutyCard|VisitsCard|LineNote|TabBar))/,
            },
            { name: "more-zh", test: /src\/liaison\/words\/\w+\/zh/ },
            { name: "more-en", test: /src\/liaison\/words\/(\w+\/)?en/ },
            { name: "told", test: /src\/liaison\/(views\/(Notice|Feedback|Write|Letter|Message)|parts\/(Notice|Letter|File))/ },
            { name: "ledger", test: /src\/(liaison\/ledger|rules\/ledger)/ },
            { name: "visits", test: /src\/liaison\/visits/ },
            { name: "own", test: /src\/liaison\/(views\/(Welcome|Devices|Settings|Record|Outbox|Filed|Duty)|verdicts|parts\/)/ },
          ],
        },
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
  test: { include: ["tests/**/*.test.ts"], environment: "node", setupFiles: ["tests/setup.ts"] },
});
