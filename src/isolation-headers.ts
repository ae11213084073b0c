/** What a page is to be served with so that its threads can share memory; public/isolation-worker.js sends them where no server does. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
