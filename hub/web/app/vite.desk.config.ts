import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

const app = fileURLToPath(new URL('.', import.meta.url));
const page = fileURLToPath(new URL('../../../scripts/dev/page/', import.meta.url));

/** The desk page has no packages of its own; it finds ours. */
const packagesOfTheApp: Plugin = {
  name: 'packages-of-the-app',
  enforce: 'pre',
  resolveId(source, importer, options) {
    if (!importer?.startsWith(page) || !/^[a-z@]/.test(source)) return null;
    return this.resolve(source, app + 'package.json', { ...options, skipSelf: true });
  },
};

// The desk page, into the folder that the launcher serves.
export default defineConfig({
  root: page,
  base: './',
  resolve: { alias: { $app: app + 'src' } },
  plugins: [packagesOfTheApp, svelte({ configFile: app + 'svelte.config.js' })],
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { proxy: { '/api': { target: process.env.DESK ?? 'http://127.0.0.1:8090' } } },
});
