import { beforeEach, expect, test } from 'vitest';
import type { Evaluation } from '../answering/evaluation.ts';
import type { ManabiError } from '../errors/manabi-error.ts';
import type { NamedTensors } from '../model/engine.ts';
import type { TrainerState } from '../training/state.ts';
import {
  listCheckpoints,
  loadCheckpoint,
  saveCheckpoint,
  storedBestWeights,
  sweepLeftovers,
  type Checkpoint,
} from './checkpoints.ts';
import { database, MAX_CHUNK_BYTES, type ChunkKey } from './database.ts';
import { withRunLock } from './run-lock.ts';
import {
  getAnswersAt,
  getEvaluation,
  getRun,
  putEvaluation,
  putMetrics,
  updateRun,
  type Run,
} from './runs.ts';
import { limitQuota } from './file-server.ts';
import { emptyDatabase, testCheckpoint, testRun, type TestState } from './test-run.ts';

let run: Run;
beforeEach(async () => {
  await emptyDatabase();
  run = await testRun();
});

/** Bits, so that NaN and -0 count. */
function bits(tensors: NamedTensors) {
  return [...tensors].map(([name, { shape, data }]) => ({
    name,
    shape,
    data: new Uint32Array(data.buffer, data.byteOffset, data.length),
  }));
}

function expectSame(found: Checkpoint<TestState> | null, wanted: ReturnType<typeof testCheckpoint>) {
  expect(found?.state).toEqual(wanted.state);
  // toEqual of large arrays is slow where they are equal; the bytes are compared as such.
  const all = ({ weights, optimizer }: Checkpoint<TestState>) =>
    [weights, optimizer?.exp_avg ?? new Map(), optimizer?.exp_avg_sq ?? new Map()].flatMap(bits);
  const [ours, theirs] = [all(found as Checkpoint<TestState>), all(wanted)];
  expect(ours.map(({ name, shape }) => [name, shape])).toEqual(
    theirs.map(({ name, shape }) => [name, shape]),
  );
  expect(ours.every(({ data }, i) => data.every((word, at) => word === theirs[i].data[at]))).toBe(true);
  expect(ours.every(({ data }, i) => data.length === theirs[i].data.length)).toBe(true);
}

const chunkKeys = async () => (await database()).getAllKeys('chunks') as Promise<ChunkKey[]>;
const generations = async () => [...new Set((await chunkKeys()).map(([, generation]) => generation))];

test('a checkpoint comes back bit by bit, also where a tensor is larger than a chunk', async () => {
  const wanted = testCheckpoint(1, 17);
  const info = await saveCheckpoint(run.id, wanted);
  expect(info).toMatchObject({ kind: 'latest', generation: 1, bytes: 3 * (17 * 2 ** 20 + 4 * (5 + 6 + 1)) });
  const chunks = await (await database()).getAll('chunks');
  expect(chunks.length).toBe(4);
  expect(Math.max(...chunks.map((chunk) => (chunk as Uint8Array).byteLength))).toBe(MAX_CHUNK_BYTES);
  const found = await loadCheckpoint<TestState>(run.id);
  expect(found).toMatchObject({ generation: 1, damaged: [] });
  expectSame(found, wanted);
});

test('views into larger arrays are stored as what they show', async () => {
  const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
  await saveCheckpoint(run.id, {
    weights: new Map([['a', { shape: [2], data }]]),
    optimizer: null,
    state: { global_step: 1, max_steps: 1, epoch: 1 },
  });
  const found = await loadCheckpoint(run.id);
  expect(found?.weights.get('a')).toEqual({ shape: [2], data: Float32Array.of(1, 2) });
  expect(found?.optimizer).toBeNull();
});

test('two generations are kept', async () => {
  expect(await loadCheckpoint(run.id)).toBeNull();
  for (const step of [1, 2, 3, 4]) await saveCheckpoint(run.id, testCheckpoint(step));
  expect((await listCheckpoints(run.id)).map(({ generation }) => generation)).toEqual([4, 3]);
  expect(await generations()).toEqual([3, 4]);
  expectSame(await loadCheckpoint<TestState>(run.id), testCheckpoint(4));
});

test('checkpoints of one run written at once follow one another', async () => {
  await Promise.all([1, 2, 3].map((step) => saveCheckpoint(run.id, testCheckpoint(step))));
  expect((await listCheckpoints(run.id)).map(({ generation }) => generation)).toEqual([3, 2]);
  expectSame(await loadCheckpoint<TestState>(run.id), testCheckpoint(3));
});

test('best weights are kept beside the latest checkpoint, one generation', async () => {
  const errors: ManabiError[] = [];
  const best = storedBestWeights(run.id, (error) => errors.push(error));
  await saveCheckpoint(run.id, testCheckpoint(1));
  for (const step of [1, 2]) {
    await best.save(testCheckpoint(step).weights, { global_step: step } as TrainerState);
  }
  expect(bits((await best.load(2)) as NamedTensors)).toEqual(bits(testCheckpoint(2).weights));
  expect(errors).toEqual([]);
  const found = await listCheckpoints(run.id);
  expect(found.map(({ kind, generation }) => `${kind} ${generation}`)).toEqual(['latest 1', 'best 2']);
});

test('best weights that are lost, or of another step, are told', async () => {
  const errors: ManabiError[] = [];
  const best = storedBestWeights(run.id, (error) => errors.push(error));
  expect(await best.load(1)).toBeNull();
  await best.save(testCheckpoint(1).weights, { global_step: 1 } as TrainerState);
  expect(await best.load(2)).toBeNull();
  await (await database()).delete('chunks', [`run:${run.id}:best`, 1, 0]);
  expect(await best.load(1)).toBeNull();
  expect(errors).toMatchObject(
    [1, 2, 1].map((step) => ({ code: 'checkpoint-best-lost', place: run.id, details: { step } })),
  );
});

test('best weights that find no room are kept in memory, and said so', async () => {
  await limitQuota(20 * 2 ** 20);
  try {
    run = await testRun();
    const errors: ManabiError[] = [];
    const best = storedBestWeights(run.id, (error) => errors.push(error));
    await best.save(testCheckpoint(1, 32).weights, { global_step: 1 } as TrainerState);
    expect(errors).toMatchObject([{ code: 'storage-full' }]);
    const kept = await best.load(1);
    expect(kept?.get('deberta.embeddings.weight')?.data.length).toBe(32 * 2 ** 18 + 5);
  } finally {
    await limitQuota();
  }
});

test('answers after training go with the checkpoint that gave them, by the next one or by damage', async () => {
  const scored = { accuracy: 0.5, rows: [] } as unknown as Evaluation;
  const left = async () => [await getEvaluation(run.id, 'after'), (await getRun(run.id)).scores.after];
  await putEvaluation(run.id, 'before', scored, 0);
  await saveCheckpoint(run.id, testCheckpoint(1));
  await putEvaluation(run.id, 'after', scored, 1);
  expect(await left()).toMatchObject([scored, { accuracy: 0.5 }]);
  await saveCheckpoint(run.id, testCheckpoint(2));
  expect(await left()).toEqual([null, undefined]);
  await putEvaluation(run.id, 'after', scored, 2);
  await (await database()).delete('chunks', [`run:${run.id}:latest`, 2, 0]);
  await loadCheckpoint(run.id);
  expect(await left()).toEqual([null, undefined]);
  // Those of the one before stay, though the damaged one is met again.
  await putEvaluation(run.id, 'after', scored, 1);
  await loadCheckpoint(run.id);
  expect(await left()).toMatchObject([scored, { accuracy: 0.5 }]);
  expect(await getEvaluation(run.id, 'before')).toEqual(scored);
});

test('answers of weights that another tab has trained on meanwhile are neither kept nor taken', async () => {
  const scored = { accuracy: 0.5, rows: [] } as unknown as Evaluation;
  await saveCheckpoint(run.id, testCheckpoint(1));
  await putEvaluation(run.id, 'after', scored, 1);
  expect(await getAnswersAt(run.id, 1)).toEqual(scored);
  await saveCheckpoint(run.id, testCheckpoint(2));
  await putEvaluation(run.id, 'after', scored, 1);
  expect(await getEvaluation(run.id, 'after')).toBeNull();
  await putEvaluation(run.id, 'after', scored, 2);
  expect(await getAnswersAt(run.id, 1)).toBeNull();
});

test('a run is as far as its newest whole checkpoint, by a crash or by damage', async () => {
  const shown = async () => {
    const { status, progress } = await getRun(run.id);
    return [status, progress.step];
  };
  await saveCheckpoint(run.id, testCheckpoint(2));
  await withRunLock(run.id, async () => {
    await updateRun(run.id, { status: 'running' });
    await putMetrics(run.id, [{ step: 3, epoch: 1.5, loss: 1 }]);
    expect(await shown()).toEqual(['running', 3]);
  });
  expect(await shown()).toEqual(['stopped', 2]);
  // Its end found no room: it is not finished.
  await updateRun(run.id, { status: 'finished' });
  expect(await shown()).toEqual(['stopped', 2]);
  await saveCheckpoint(run.id, testCheckpoint(4));
  await saveCheckpoint(run.id, testCheckpoint(3), 'best');
  expect(await shown()).toEqual(['finished', 4]);
  await (await database()).delete('chunks', [`run:${run.id}:latest`, 2, 0]);
  await loadCheckpoint(run.id);
  expect(await shown()).toEqual(['stopped', 2]);
});

const damages: [string, RegExp, (key: ChunkKey) => Promise<unknown>][] = [
  [
    'one bit of a chunk turned',
    /chunk 1 of 1: wrong SHA-256/,
    async (key) => {
      const db = await database();
      const chunk = (await db.get('chunks', key)) as Uint8Array<ArrayBuffer>;
      chunk[100] ^= 1;
      await db.put('chunks', chunk, key);
    },
  ],
  [
    'a chunk cut short',
    /chunk 1 of 1: wrong SHA-256/,
    async (key) => {
      const db = await database();
      const chunk = (await db.get('chunks', key)) as Uint8Array<ArrayBuffer>;
      await db.put('chunks', chunk.slice(0, -4), key);
    },
  ],
  ['a chunk missing', /chunk 1 of 1: missing/, async (key) => (await database()).delete('chunks', key)],
  [
    'the state changed',
    /manifest: wrong SHA-256/,
    async ([owner, generation]) => {
      const db = await database();
      const manifest = await db.get('manifests', [owner, generation]);
      if (!manifest) throw new Error('no manifest');
      const body = manifest.body.replace('"global_step":2', '"global_step":3');
      expect(body).not.toBe(manifest.body);
      await db.put('manifests', { ...manifest, body });
    },
  ],
];

test.each(damages)('%s: the generation before it is used, and said so', async (_, reason, damage) => {
  await saveCheckpoint(run.id, testCheckpoint(1));
  await saveCheckpoint(run.id, testCheckpoint(2));
  await damage([`run:${run.id}:latest`, 2, 0]);
  const found = await loadCheckpoint<TestState>(run.id);
  expectSame(found, testCheckpoint(1));
  expect(found?.generation).toBe(1);
  expect(found?.damaged).toMatchObject([
    { code: 'checkpoint-damaged', place: run.id, details: { generation: 2 } },
  ]);
  expect(found?.damaged[0].message).toMatch(reason);

  // The damaged one does not push out the whole one when the run goes on.
  await saveCheckpoint(run.id, testCheckpoint(3));
  expect((await listCheckpoints(run.id)).map(({ generation }) => generation)).toEqual([3, 1]);
  expect(await generations()).toEqual([1, 3]);
});

test('when no generation is whole, that is said too', async () => {
  await saveCheckpoint(run.id, testCheckpoint(1));
  await (await database()).delete('chunks', [`run:${run.id}:latest`, 1, 0]);
  await expect(loadCheckpoint(run.id)).rejects.toMatchObject({ code: 'checkpoint-lost', place: run.id });
});

test('a write that its tab does not survive leaves the one before whole and is swept', async () => {
  await saveCheckpoint(run.id, testCheckpoint(1));
  const worker = new Worker(new URL('./interrupted-save.worker.ts', import.meta.url), { type: 'module' });
  let saved = false;
  worker.addEventListener('message', () => {
    saved = true;
  });
  worker.postMessage(run.id, []);
  while (!(await generations()).includes(2)) await new Promise((resolve) => setTimeout(resolve, 1));
  worker.terminate();
  expect(saved).toBe(false);
  const db = await database();
  expect(await db.count('manifests')).toBe(1);

  const found = await loadCheckpoint<TestState>(run.id);
  expectSame(found, testCheckpoint(1));
  expect(found).toMatchObject({ generation: 1, damaged: [] });
  expect(await generations()).toEqual([1, 2]);
  await navigator.locks.request(`manabi-checkpoint:run:${run.id}:latest`, () => {});
  await sweepLeftovers();
  expect(await generations()).toEqual([1]);
});

test('the next save sweeps what an interrupted one left', async () => {
  await saveCheckpoint(run.id, testCheckpoint(1));
  const db = await database();
  for (const index of [0, 1]) {
    await db.put('chunks', Uint8Array.of(1, 2, 3, 4), [`run:${run.id}:latest`, 2, index]);
  }
  await saveCheckpoint(run.id, testCheckpoint(2));
  expect(await chunkKeys()).toEqual([1, 2].map((generation) => [`run:${run.id}:latest`, generation, 0]));
  expectSame(await loadCheckpoint<TestState>(run.id), testCheckpoint(2));
});

test('a write that is going on is not swept', async () => {
  const db = await database();
  const owner = `run:${run.id}:latest`;
  await db.put('chunks', Uint8Array.of(1), [owner, 1, 0]);
  await navigator.locks.request(`manabi-checkpoint:${owner}`, sweepLeftovers);
  expect(await generations()).toEqual([1]);
  await sweepLeftovers();
  expect(await generations()).toEqual([]);
});

test('a full quota names the bytes, leaves the checkpoint before it and no remains', async () => {
  await limitQuota(40 * 2 ** 20);
  try {
    run = await testRun();
    await saveCheckpoint(run.id, testCheckpoint(1));
    const error = await saveCheckpoint(run.id, testCheckpoint(2, 32)).catch((error: unknown) => error);
    // Two whole chunks fit beside what is there.
    const details = { needed: '100.7', available: '33.6' };
    expect(error).toMatchObject({ code: 'storage-full', place: run.id, details });
    expect(await generations()).toEqual([1]);
    expectSame(await loadCheckpoint<TestState>(run.id), testCheckpoint(1));
  } finally {
    await limitQuota();
  }
});
