import vue from "@vitejs/plugin-vue";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { precompress } from "./build/precompress.ts";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// A build of its own: nothing of the console can come into what phones load and keep.
export default defineConfig({
  root: here("."),
  base: "/office/",
  publicDir: false,
  resolve: { alias: { "@": here("src") } },
  plugins: [vue(), precompress()],
  define: {
    __VUE_OPTIONS_API__: "false",
    __VUE_PROD_DEVTOOLS__: "false",
    __VUE_I18N_FULL_INSTALL__: "false",
    __VUE_I18N_LEGACY_API__: "false",
    __INTLIFY_PROD_DEVTOOLS__: "false",
  },
  build: {
    outDir: here("../backend/web/office"),
    emptyOutDir: true,
    target: "chrome92",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: { input: { office: here("office.html") } },
  },
});
