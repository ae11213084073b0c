export interface StorageStatus {
  /** Bytes of this origin; null where the browser does not tell. */
  used: number | null;
  /** Bytes that may still be written; Chromium tells 10 GiB here, whatever there is. Infinity where the browser does not tell. */
  available: number;
  /** The browser does not remove the data on its own when the disk runs low. */
  persistent: boolean;
}

/** Missing on a page of plain http and in WebKit's private windows; of some browsers a part only. */
const manager = () => (navigator as { storage?: Partial<StorageManager> }).storage;

/** As the browser estimates it; in a page and in a worker. */
export async function storageStatus(): Promise<StorageStatus> {
  const { usage = null, quota = Infinity } = (await unlessRefused(manager()?.estimate?.())) ?? {};
  return { used: usage, available: Math.max(0, quota - (usage ?? 0)), persistent: await isPersistent() };
}

/** Asks the browser to keep the data until the user removes it. Only in a page; Firefox asks the user. */
export async function askToPersist(): Promise<boolean> {
  return (await isPersistent()) || ((await unlessRefused(manager()?.persist?.())) ?? false);
}

async function isPersistent(): Promise<boolean> {
  return (await unlessRefused(manager()?.persisted?.())) ?? false;
}

/** A browser that stores nothing refuses to tell, too. */
async function unlessRefused<T>(answer: Promise<T> | undefined): Promise<T | undefined> {
  return answer?.catch(() => undefined);
}
