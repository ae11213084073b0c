import type { TileMemory } from '../devices/gpu/tune.ts';
import { database, isStorageError, write } from './database.ts';

/** The tiles that were fastest on each GPU of this computer. Where nothing can be stored they are timed at every visit. */
export const storedTiles: TileMemory = {
  get: (gpu) => unlessStorageFails(async () => (await database()).get('tiles', gpu)),
  set: async (gpu, choice) => {
    await unlessStorageFails(() =>
      write(['tiles'], gpu, 0, (tx) => tx.objectStore('tiles').put(choice, gpu)),
    );
  },
};

// The store's other users say what is wrong with it: nothing is lost here but a second.
async function unlessStorageFails(work: () => Promise<unknown>): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    if (isStorageError(error)) return null;
    throw error;
  }
}
