/** Builds the page into dist/, which the centre serves. `npm run web`. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';
import { compiledTexts } from './compiled-texts.ts';

const dist = fileURLToPath(new URL('dist/', import.meta.url));

/** FILE.br and FILE.gz beside each file: the centre sends the encoding that the browser accepts. */
function packed(): Plugin {
  return {
    name: 'packed',
    apply: 'build',
    async closeBundle() {
      for (const name of await readdir(dist, { recursive: true })) {
        if (!/\.(html|js|css|svg)$/.test(name)) continue;
        const content = await readFile(join(dist, name));
        await writeFile(join(dist, `${name}.br`), await promisify(brotliCompress)(content));
        await writeFile(join(dist, `${name}.gz`), await promisify(gzip)(content, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [react(), compiledTexts(), packed()],
  // the page may lie under a path behind a proxy: so it names its files by relative addresses
  base: './',
  // no inlined data: the content security policy allows a file of the page's own origin
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, chunkSizeWarningLimit: 600 },
});
