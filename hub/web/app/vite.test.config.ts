import { readdirSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const tests = readdirSync(new URL('./test/', import.meta.url)).filter((f) => f.endsWith('.test.ts'));

// The tests as plain JavaScript, for node --test.
export default defineConfig({
  publicDir: false,
  plugins: [svelte()],
  build: {
    ssr: true,
    outDir: '.test',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    sourcemap: true,
    rollupOptions: {
      input: Object.fromEntries(tests.map((f) => [f.replace(/\.ts$/, ''), `test/${f}`])),
      output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
    },
  },
});
