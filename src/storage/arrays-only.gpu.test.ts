// A browser as WebKit's private windows and pages of plain http have it: arrays can be stored, Blobs cannot, and much else is missing.
import { beforeEach, expect, test } from 'vitest';
import { expectBytes, noise, place, resetServer } from './file-server.ts';
import { loadCheckpoint, saveCheckpoint } from './checkpoints.ts';
import { storesBlobs, storesInMemory } from './database.ts';
import { downloadFile, storedFile } from './downloads.ts';
import { askToPersist, storageStatus } from './quota.ts';
import { getRun, getRunInputs, updateRun } from './runs.ts';
import { withRunLock } from './run-lock.ts';
import { emptyDatabase, testCheckpoint, testInputs, testRun } from './test-run.ts';

const { put } = IDBObjectStore.prototype;
IDBObjectStore.prototype.put = function (value: unknown, key?: IDBValidKey) {
  if (value instanceof Blob) throw new DOMException('Error preparing Blob/File data', 'UnknownError');
  return put.call(this, value, key);
};
for (const missing of ['locks', 'storage']) Object.defineProperty(navigator, missing, { value: undefined });
for (const missing of ['subtle', 'randomUUID']) Object.defineProperty(crypto, missing, { value: undefined });

beforeEach(async () => {
  await emptyDatabase();
  await resetServer();
});

test('a run and its checkpoint are stored, and no two may train it', async () => {
  const run = await testRun();
  expect([await storesBlobs(), await storesInMemory()]).toEqual([false, false]);
  const checkpoint = testCheckpoint(1);
  await saveCheckpoint(run.id, checkpoint);
  expect((await loadCheckpoint(run.id))?.weights).toEqual(checkpoint.weights);
  expect((await getRunInputs(run.id)).evaluation).toEqual(testInputs.evaluation);
  await withRunLock(run.id, async () => {
    await updateRun(run.id, { status: 'running' });
    expect(await getRun(run.id)).toMatchObject({ status: 'running' });
    await expect(withRunLock(run.id, async () => {})).rejects.toMatchObject({ code: 'run-locked' });
  });
  expect((await testRun()).id).not.toBe(run.id);
});

test('a download is stored and comes back whole', async () => {
  const bytes = noise(9 * 2 ** 20 + 123);
  const url = await place('model.bin', bytes);
  await expectBytes(await downloadFile(url), bytes);
  await expectBytes(await storedFile(url), bytes);
});

test('the room that is left is unknown, and nothing is promised to stay', async () => {
  expect(await storageStatus()).toEqual({ used: null, available: Infinity, persistent: false });
  expect(await askToPersist()).toBe(false);
});
