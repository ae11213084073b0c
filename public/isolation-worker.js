// The service worker of src/isolation.ts: adds the headers that let threads share memory, for hosts that send none. A page and its workers need them;
// everything else, files of other origins too, is fetched as if this worker were not here.
addEventListener('install', () => skipWaiting());

addEventListener('fetch', (event) => {
  const { mode, destination } = event.request;
  if (mode === 'navigate' || destination === 'worker') event.respondWith(fetchIsolated(event.request));
});

async function fetchIsolated(request) {
  const response = await fetch(request);
  // A redirect that the browser itself will follow has no status to copy.
  if (response.status === 0) return response;
  const { status, statusText } = response;
  const headers = new Headers(response.headers);
  headers.set('Cross-Origin-Opener-Policy', 'same-origin');
  headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
  return new Response(response.body, { status, statusText, headers });
}
