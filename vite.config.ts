import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Connect, type Plugin } from 'vite';
import { isolationHeaders } from './src/isolation-headers.ts';

/** On every answer. (Vite's own `headers` leave them out of a 304, and WebKit then refuses the workers of a page that is opened again.) */
const isolated: Connect.NextHandleFunction = (_request, response, next) => {
  for (const [name, value] of Object.entries(isolationHeaders)) response.setHeader(name, value);
  next();
};
const isolate: Plugin = {
  name: 'isolate',
  configureServer: ({ middlewares }) => void middlewares.use(isolated),
  configurePreviewServer: ({ middlewares }) => void middlewares.use(isolated),
};

export default defineConfig({
  // Relative, so that the built page works from any folder of any static host.
  base: './',
  plugins: [isolate, svelte()],
  worker: { format: 'es' },
  // Browsers that know ES2023 know modulepreload.
  build: { target: 'es2023', modulePreload: { polyfill: false } },
});
