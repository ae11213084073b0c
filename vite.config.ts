import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { isolationHeaders } from './src/isolation-headers.ts';

export default defineConfig({
  // Relative, so that the built page works from any folder of any static host.
  base: './',
  plugins: [svelte()],
  worker: { format: 'es' },
  // Browsers that know ES2023 know modulepreload.
  build: { target: 'es2023', modulePreload: { polyfill: false } },
  server: { headers: isolationHeaders },
  preview: { headers: isolationHeaders },
});
