import { beforeEach, expect, test } from 'vitest';
import type { Evaluation } from '../answering/evaluation.ts';
import { saveCheckpoint } from './checkpoints.ts';
import { database } from './database.ts';
import { askToPersist, storageStatus } from './quota.ts';
import { withRunLock } from './run-lock.ts';
import {
  createRun,
  deleteMetricsAfter,
  deleteRun,
  getEvaluation,
  getMetrics,
  getRun,
  getRunInputs,
  listRuns,
  putEvaluation,
  putMetrics,
  updateRun,
} from './runs.ts';
import { emptyDatabase, testCheckpoint, testInputs, testRun } from './test-run.ts';

beforeEach(emptyDatabase);

const scored = { em: 0.5, f1: 0.75 };
const evaluation: Evaluation = { rows: [], accuracy: 0.5, jglue: scored, squad_v1: scored, squad_v2: scored };

test('a run is found again with the inputs it goes on from', async () => {
  const run = await testRun();
  expect(await listRuns()).toEqual([run]);
  expect(run).toMatchObject({ args: { seed: 7 }, data: { train: { name: 'train.json', questions: 2 } } });
  expect(run.data.train.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  const found = await getRunInputs(run.id);
  expect(found.train).toEqual(testInputs.train);
  expect(found.evaluation).toEqual(testInputs.evaluation);
  expect([...found.modelFiles.keys()]).toEqual(['config.json', 'spm.model']);
  expect(new Uint8Array((await found.modelFiles.get('spm.model')?.arrayBuffer()) ?? [])).toEqual(
    Uint8Array.of(0, 255, 10, 13),
  );
});

test('a run is listed with what changed last, the latest first', async () => {
  const first = await testRun();
  const second = await testRun();
  await updateRun(first.id, { status: 'finished', progress: { step: 3, totalSteps: 3, epoch: 1 } });
  await putEvaluation(first.id, 'after', evaluation, 3);
  const runs = await listRuns();
  expect(runs.map(({ id }) => id)).toEqual([first.id, second.id]);
  expect(runs[0]).toMatchObject({
    status: 'finished',
    progress: { step: 3 },
    scores: { after: { accuracy: 0.5 } },
  });
  expect(await getEvaluation(first.id, 'after')).toEqual(evaluation);
  expect(await getEvaluation(first.id, 'before')).toBeNull();
});

test('running means that a tab trains it now', async () => {
  const { id } = await testRun();
  await withRunLock(id, async () => {
    await updateRun(id, { status: 'running' });
    expect((await getRun(id)).status).toBe('running');
  });
  expect((await getRun(id)).status).toBe('stopped');
});

test('one at a time trains a run; the lock is free again after an error', async () => {
  const { id } = await testRun();
  const other = await testRun();
  await withRunLock(id, async () => {
    await expect(withRunLock(id, async () => 'in')).rejects.toMatchObject({ code: 'run-locked' });
    await expect(deleteRun(id)).rejects.toMatchObject({ code: 'run-locked' });
    expect(await withRunLock(other.id, async () => 'in')).toBe('in');
  });
  await expect(withRunLock(id, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withRunLock(id, async () => 'in')).toBe('in');
});

test('the log keeps its order, takes a step twice and forgets what came after a checkpoint', async () => {
  const { id } = await testRun();
  await putMetrics(id, [
    { step: 9, epoch: 0.9, loss: 2 },
    { step: 10, epoch: 1, loss: 1 },
  ]);
  await putMetrics(id, [{ step: 10, epoch: 1, eval_loss: 3 }]);
  await putMetrics(id, [{ step: 11, epoch: 1.1, loss: 0.5 }]);
  await putMetrics(id, [{ step: 10, epoch: 1, loss: 1.5 }]);
  const upToTen = [
    { step: 9, epoch: 0.9, loss: 2 },
    { step: 10, epoch: 1, loss: 1.5 },
    { step: 10, epoch: 1, eval_loss: 3 },
  ];
  expect(await getMetrics(id)).toEqual([...upToTen, { step: 11, epoch: 1.1, loss: 0.5 }]);
  await deleteMetricsAfter(id, 10);
  expect(await getMetrics(id)).toEqual(upToTen);
});

test('deleting a run leaves nothing of it and all of the others', async () => {
  const gone = await testRun();
  const stays = await testRun();
  for (const { id } of [gone, stays]) {
    await putMetrics(id, [{ step: 1, epoch: 1, loss: 1 }]);
    await putEvaluation(id, 'before', evaluation, 0);
    await saveCheckpoint(id, testCheckpoint(1));
    await saveCheckpoint(id, testCheckpoint(1), 'best');
  }
  const db = await database();
  const keys = async () => {
    const all = await Promise.all(Array.from(db.objectStoreNames, (name) => db.getAllKeys(name)));
    return all.flat().map(String);
  };
  const before = await keys();
  await deleteRun(gone.id);
  const after = await keys();
  expect(after.filter((key) => key.includes(gone.id))).toEqual([]);
  expect(after).toEqual(before.filter((key) => key.includes(stays.id)));
  await expect(getRun(gone.id)).rejects.toMatchObject({ code: 'run-unknown', place: gone.id });
});

test('nothing is added to a run that another tab deleted', async () => {
  const { id } = await testRun();
  await deleteRun(id);
  const unknown = { code: 'run-unknown' };
  await expect(updateRun(id, { name: 'x' })).rejects.toMatchObject(unknown);
  await expect(putMetrics(id, [{ step: 1, epoch: 1, loss: 1 }])).rejects.toMatchObject(unknown);
  await expect(putEvaluation(id, 'after', evaluation, 0)).rejects.toMatchObject(unknown);
  await expect(saveCheckpoint(id, testCheckpoint(1))).rejects.toMatchObject(unknown);
  const db = await database();
  for (const name of db.objectStoreNames) expect(await db.count(name)).toBe(0);
});

test('settings that cannot be stored leave no half run', async () => {
  const { args, model } = await testRun();
  const broken = { ...args, learning_rate: (() => 0) as unknown as number };
  const data = { train: { name: 'a' }, evaluation: { name: 'b' } };
  await expect(
    createRun({ name: '', recipe: '', args: broken, tiles: null, model, data }, testInputs),
  ).rejects.toMatchObject({
    code: 'storage-failed',
  });
  const db = await database();
  expect(await db.count('runs')).toBe(1);
  expect(await db.count('inputs')).toBe(4);
});

test('the room that is left can be asked for', async () => {
  await askToPersist();
  const { used, available } = await storageStatus();
  expect(available).toBeGreaterThan(2 ** 20);
  expect(used).toBeGreaterThanOrEqual(0);
});
