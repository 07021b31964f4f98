import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** Builds the pages into `dist/viz`, beside the compiled modules; fixed names, since the node that serves them sends ETags. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  build: {
    outDir: '../dist/viz',
    emptyOutDir: false,
    // Small files would else become data: addresses and inline scripts, which the content security policy refuses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        entryFileNames: 'assets/[name].js',
        chunkFileNames: 'assets/[name].js',
        assetFileNames: 'assets/[name][extname]',
      },
    },
  },
});
