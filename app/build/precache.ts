import { createHash } from "node:crypto";
import type { Plugin, Rolldown } from "vite";

/** What the page needs to run without a network, and no file of another page. */
function reachable(bundle: Rolldown.OutputBundle, page: string): string[] {
  const html = bundle[page];
  if (html?.type !== "asset") throw new Error(`the build made no ${page}`);
  const source = String(html.source);
  const found = new Set<string>();
  const follow = (name: string): void => {
    const chunk = bundle[name];
    if (chunk === undefined || found.has(name)) return;
    found.add(name);
    if (chunk.type !== "chunk") return;
    for (const next of [...chunk.imports, ...chunk.dynamicImports]) follow(next);
    const { importedCss, importedAssets } = chunk.viteMetadata ?? {};
    for (const next of [...(importedCss ?? []), ...(importedAssets ?? [])]) follow(next);
  };
  for (const [, path] of source.matchAll(/(?:src|href)="\/([^"]+)"/g)) follow(path ?? "");
  return [...found].sort();
}

/**
 * Writes the list of files that the service worker keeps into it, in place of `__PRECACHE__`.
 * `page` is served at "/"; its own content is part of the version, so any change renews the list.
 */
export function precache(options: { page: string; worker: string }): Plugin {
  return {
    name: "cunbao-precache",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const worker = bundle[options.worker];
        const html = bundle[options.page];
        if (worker?.type !== "chunk" || html?.type !== "asset") return;
        const files = ["/", "/manifest.webmanifest", "/icon.svg"];
        files.push(...reachable(bundle, options.page).map((name) => `/${name}`));
        const digest = createHash("sha256").update(files.join()).update(html.source);
        const list = { version: digest.digest("hex").slice(0, 16), files };
        worker.code = worker.code.replace("__PRECACHE__", () => JSON.stringify(list));
      },
    },
  };
}
