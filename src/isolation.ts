// Threads share memory only in a cross-origin isolated page. Where the host sends no headers for that, a service worker adds them from the next load on.

const RELOADED = 'manabi-reloaded-for-isolation';

/**
 * False when the page is about to reload as an isolated one, and must begin nothing. It reloads once: where that does not help, and where
 * service workers or their storage are not to be had, the page goes on with one thread.
 */
export async function isolatePage(): Promise<boolean> {
  if (globalThis.crossOriginIsolated) return true;
  try {
    if (sessionStorage.getItem(RELOADED) !== null) return true;
    const registration = await navigator.serviceWorker.register('./isolation-worker.js');
    if (!(await hasActiveWorker(registration))) return true;
    sessionStorage.setItem(RELOADED, 'yes');
  } catch {
    return true;
  }
  location.reload();
  return false;
}

/** Waits for a worker that is being installed. */
function hasActiveWorker({ active, waiting, installing }: ServiceWorkerRegistration): Promise<boolean> {
  if (active) return Promise.resolve(true);
  const worker = waiting ?? installing;
  return new Promise((resolve) => {
    if (!worker) resolve(false);
    worker?.addEventListener('statechange', () => {
      if (worker.state === 'activated' || worker.state === 'redundant') resolve(worker.state === 'activated');
    });
  });
}
