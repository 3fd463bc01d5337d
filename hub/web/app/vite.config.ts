import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// The owner's and the courier's pages, into the folder that the hub embeds. Everything is a
// file of our own origin: the hub's Content-Security-Policy allows nothing inline.
export default defineConfig({
  base: './',
  plugins: [svelte()],
  resolve: { alias: { crypto: fileURLToPath(new URL('src/lib/webcrypto.ts', import.meta.url)) } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
  server: { proxy: { '/api': { target: process.env.HUB ?? 'http://127.0.0.1:8080' } } },
});
