import type { DeviceDifferences } from '../engine/check-device.ts';
import { database, isStorageError, write } from './database.ts';

/** What a GPU was found to compute, held to the processor. */
export interface DeviceCheck {
  agrees: boolean;
  differences: DeviceDifferences;
  milliseconds: number;
  /** All that is known of it, as text to copy. */
  text: string;
}

/** The checks of this computer's GPUs, by all that they depend on. Where nothing can be stored a GPU is checked at every visit. */
export const storedChecks = {
  get: async (key: string): Promise<DeviceCheck | null> => {
    try {
      return (await (await database()).get('checks', key)) ?? null;
    } catch (error) {
      if (isStorageError(error)) return null;
      throw error;
    }
  },
  set: async (key: string, check: DeviceCheck): Promise<void> => {
    try {
      await write(['checks'], '', 0, (tx) => tx.objectStore('checks').put(check, key));
    } catch (error) {
      if (!isStorageError(error)) throw error;
    }
  },
};
