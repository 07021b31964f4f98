import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const root = fileURLToPath(new URL('.', import.meta.url));
const pages = readdirSync(root).filter((name) => name.endsWith('.html'));
const names = {
  entryFileNames: 'assets/[name].js',
  chunkFileNames: 'assets/[name].js',
  assetFileNames: 'assets/[name][extname]',
};

/** Builds the pages into `dist/viz`, beside the compiled modules; fixed names, since the node that serves them sends ETags. */
export default defineConfig({
  root,
  base: './',
  build: {
    outDir: '../dist/viz',
    emptyOutDir: false,
    // Small files would else become data: addresses and inline scripts, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: pages.map((name) => `${root}${name}`), output: names },
  },
  worker: { format: 'es', rolldownOptions: { output: names } },
});
