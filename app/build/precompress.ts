import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

const TEXT = /\.(js|css|html|svg|webmanifest)$/;

/** Puts a .br and a .gz beside every text file of the build, so that serving costs no work. */
export function precompress(): Plugin {
  return {
    name: "cunbao-precompress",
    apply: "build",
    // Only after a build that went well: a failed one says itself why.
    async writeBundle() {
      const folder = this.environment.config.build.outDir;
      const names = await readdir(folder, { recursive: true });
      for (const name of names.filter((each) => TEXT.test(each))) {
        const content = await readFile(join(folder, name));
        const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
        await writeFile(join(folder, `${name}.br`), brotliCompressSync(content, { params }));
        await writeFile(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
      }
    },
  };
}
