import { expect, test } from 'vitest';
import { loadCheckpoint, saveCheckpoint } from './checkpoints.ts';
import { storesInMemory } from './database.ts';
import { deleteRun, getMetrics, getRun, getRunInputs, listRuns, putMetrics } from './runs.ts';
import { testCheckpoint, testInputs, testRun } from './test-run.ts';

// As Chromium does where site data is forbidden.
IDBFactory.prototype.open = () => {
  throw new DOMException('access is denied for this document', 'SecurityError');
};

test('where nothing can be stored a run is kept in memory, whole', async () => {
  const run = await testRun();
  expect(await storesInMemory()).toBe(true);
  const checkpoint = testCheckpoint(2);
  await saveCheckpoint(run.id, testCheckpoint(1));
  await saveCheckpoint(run.id, checkpoint);
  await putMetrics(run.id, [{ step: 1, epoch: 0.5, loss: 2 }]);
  expect(await getRun(run.id)).toMatchObject({ name: run.name, progress: { step: 2 } });
  expect((await listRuns()).map(({ id }) => id)).toEqual([run.id]);
  expect(await getMetrics(run.id)).toHaveLength(1);
  const loaded = await loadCheckpoint(run.id);
  expect(loaded?.weights).toEqual(checkpoint.weights);
  expect(loaded?.optimizer).toMatchObject(checkpoint.optimizer);
  const { train, modelFiles } = await getRunInputs(run.id);
  expect(train).toEqual(testInputs.train);
  expect(new Uint8Array((await modelFiles.get('spm.model')?.arrayBuffer()) ?? [])).toEqual(
    Uint8Array.of(0, 255, 10, 13),
  );
  await deleteRun(run.id);
  expect(await listRuns()).toEqual([]);
});
