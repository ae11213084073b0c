export interface StorageStatus {
  /** Bytes of this origin. */
  used: number;
  /** Bytes that may still be written; Chromium tells 10 GiB here, whatever there is. */
  available: number;
  /** The browser does not remove the data on its own when the disk runs low. */
  persistent: boolean;
}

/** As the browser estimates it; in a page and in a worker. */
export async function storageStatus(): Promise<StorageStatus> {
  const { usage = 0, quota = 0 } = await navigator.storage.estimate();
  return {
    used: usage,
    available: Math.max(0, quota - usage),
    persistent: await navigator.storage.persisted(),
  };
}

/** Asks the browser to keep the data until the user removes it. Only in a page; Firefox asks the user. */
export async function askToPersist(): Promise<boolean> {
  return (await navigator.storage.persisted()) || (await navigator.storage.persist());
}
