import type { DeviceDifferences } from '../engine/check-device.ts';
import type { Trial } from '../engine/choose-device.ts';
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
export const storedChecks = rememberedIn('checks');
/** What was measured of this computer's GPUs and its processor, likewise. */
export const storedTrials = rememberedIn('trials');

interface Remembered {
  checks: DeviceCheck;
  trials: Trial;
}

function rememberedIn<Name extends keyof Remembered>(store: Name) {
  return {
    get: async (key: string): Promise<Remembered[Name] | null> => {
      try {
        const found = (await (await database()).get(store, key)) as Remembered[Name] | undefined;
        return found ?? null;
      } catch (error) {
        if (isStorageError(error)) return null;
        throw error;
      }
    },
    set: async (key: string, value: Remembered[Name]): Promise<void> => {
      try {
        await write([store], '', 0, (tx) => tx.objectStore(store).put(value, key));
      } catch (error) {
        if (!isStorageError(error)) throw error;
      }
    },
  };
}
