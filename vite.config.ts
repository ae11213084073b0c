import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Connect, type HtmlTagDescriptor, type Plugin } from 'vite';
import { isolationHeaders } from './src/isolation-headers.ts';

/** Names what the page is drawn with in index.html, so that it comes with the script that asks for it and not after it. */
const preloadPage: Plugin = {
  name: 'preload-page',
  transformIndexHtml: {
    order: 'post',
    handler(_, { bundle }) {
      const tags: HtmlTagDescriptor[] = [];
      const seen = new Set<string>();
      const add = (fileName: string): void => {
        const chunk = bundle?.[fileName];
        if (chunk?.type !== 'chunk' || seen.has(fileName)) return;
        seen.add(fileName);
        tags.push({
          tag: 'link',
          injectTo: 'head',
          attrs: { rel: 'modulepreload', crossorigin: true, href: `./${fileName}` },
        });
        for (const css of chunk.viteMetadata?.importedCss ?? []) {
          tags.push({
            tag: 'link',
            injectTo: 'head',
            attrs: { rel: 'stylesheet', crossorigin: true, href: `./${css}` },
          });
        }
        chunk.imports.forEach(add);
      };
      for (const chunk of Object.values(bundle ?? {})) {
        if (chunk.type === 'chunk' && chunk.facadeModuleId?.endsWith('/src/main.ts')) add(chunk.fileName);
      }
      return tags;
    },
  },
};

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
  plugins: [isolate, svelte(), preloadPage],
  worker: {
    format: 'es',
    // What a worker's script shares with what it loads later stands in a file of its own: WebKit runs a worker's script a second time where another
    // imports it, and two of them would answer.
    plugins: () => [
      { name: 'entries', options: (given) => ({ ...given, preserveEntrySignatures: 'strict' }) },
    ],
  },
  // Browsers that know ES2023 know modulepreload.
  build: { target: 'es2023', modulePreload: { polyfill: false } },
});
