import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** The first page's code is fetched along with what runs before it; to be read later, as that would take the browser's time. */
const fetchedAhead: Plugin = {
  name: 'fetched-ahead',
  transformIndexHtml: {
    order: 'post',
    handler(_, { bundle = {} }) {
      const chunks = Object.values(bundle).filter((c) => c.type === 'chunk');
      const page = chunks.find((c) => c.facadeModuleId?.endsWith('/src/page.ts'));
      const entry = chunks.find((c) => c.isEntry);
      if (!page || !entry) throw new Error('the first page has no code of its own');
      const ahead = [page.fileName, ...page.imports].filter((f) => f !== entry.fileName && !entry.imports.includes(f));
      return ahead.map((f) => ({ tag: 'link', attrs: { rel: 'preload', as: 'script', fetchpriority: 'low', crossorigin: true, href: `./${f}` }, injectTo: 'head' as const }));
    },
  },
};

// The owner's and the courier's pages, into the folder that the hub embeds. Everything is a
// file of our own origin: the hub's Content-Security-Policy allows nothing inline.
export default defineConfig({
  base: './',
  plugins: [svelte(), fetchedAhead],
  resolve: { alias: { crypto: fileURLToPath(new URL('src/lib/webcrypto.ts', import.meta.url)) } },
  build: {
    outDir: '../dist',
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    cssCodeSplit: false, // one sheet, which the document names
  },
  server: { proxy: { '/api': { target: process.env.HUB ?? 'http://127.0.0.1:8080' } } },
});
