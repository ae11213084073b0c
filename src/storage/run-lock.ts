import { ManabiError } from '../errors/manabi-error.ts';
import { heldLocks, withLock } from './locks.ts';

const lockName = (runId: string) => `manabi-run:${runId}`;

/**
 * Does `work` while no other tab or worker can: one at a time trains a run. The browser frees the lock when the
 * tab is closed or crashes. Throws ManabiError run-locked at once when it is held, by whomever.
 */
export async function withRunLock<T>(runId: string, work: () => Promise<T>): Promise<T> {
  return withLock(lockName(runId), { ifAvailable: true }, async (hasLock) => {
    if (!hasLock) throw new ManabiError('run-locked', '');
    return work();
  });
}

/** The runs among these that a tab is training now. */
export async function lockedRuns(runIds: readonly string[]): Promise<Set<string>> {
  const names = await heldLocks();
  return new Set(runIds.filter((runId) => names.has(lockName(runId))));
}
