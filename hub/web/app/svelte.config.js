import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

export default {
  preprocess: vitePreprocess(),
  compilerOptions: {
    // Svelte's own names come from where a file lies, so they would differ in every checkout.
    cssHash: ({ hash, css }) => `svelte-${hash(css)}`,
  },
};
