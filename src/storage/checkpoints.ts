import { ManabiError } from '../errors/manabi-error.ts';
import { sha256Of } from '../hash/sha256.ts';
import type { LossScaler, NamedTensors, OptimizerState } from '../model/engine.ts';
import type { TrainerState } from '../training/state.ts';
import type { BestWeights } from '../training/train.ts';
import {
  database,
  isStorageError,
  keysUnder,
  MAX_CHUNK_BYTES,
  write,
  type Database,
  type WriteTransaction,
} from './database.ts';
import { withLock } from './locks.ts';

/** `latest`: where the run goes on. `best`: the weights with the lowest eval_loss. */
export type CheckpointKind = 'latest' | 'best';

/** How far a run is, as its TrainerState says it. */
type Reached = Pick<TrainerState, 'global_step' | 'max_steps' | 'epoch'>;

export interface Checkpoint<State> {
  weights: NamedTensors;
  /** null: weights only. */
  optimizer: OptimizerState | null;
  /** What goes into JSON: for a run, its TrainerState. */
  state: State;
}

export interface CheckpointInfo {
  kind: CheckpointKind;
  /** Counts up from 1. */
  generation: number;
  /** Milliseconds since 1970. */
  savedAt: number;
  bytes: number;
}

type Group = 'weights' | 'exp_avg' | 'exp_avg_sq';

/**
 * Written after all chunks of its generation are on the disk: a generation without one does not exist. The chunks are
 * the float32 values of the tensors one after another, cut without regard to their borders.
 */
export interface CheckpointManifest extends CheckpointInfo {
  owner: string;
  /** JSON of a ManifestBody, and its SHA-256. */
  body: string;
  sha256: string;
  /** Found damaged when it was loaded: does not count among the generations that are kept. */
  damaged?: true;
}

interface ManifestBody {
  tensors: { group: Group; name: string; shape: number[] }[];
  chunks: { bytes: number; sha256: string }[];
  scaler?: LossScaler;
  state: unknown;
}

export interface LoadedCheckpoint<State> extends Checkpoint<State>, CheckpointInfo {
  /** checkpoint-damaged for each newer generation that could not be used, the newest first; show them. */
  damaged: ManabiError[];
}

const kept: Record<CheckpointKind, number> = { latest: 2, best: 1 };
const kinds = Object.keys(kept) as CheckpointKind[];
const ownerOf = (runId: string, kind: CheckpointKind) => `run:${runId}:${kind}`;
const lockOf = (owner: string) => `manabi-checkpoint:${owner}`;

/** Under these names the chunks and manifests of a run are stored. */
export function checkpointOwners(runId: string): string[] {
  return kinds.map((kind) => ownerOf(runId, kind));
}

/**
 * Stores a checkpoint. A crash at any moment leaves the ones before it whole; they are removed only when this one is
 * on the disk and more than two (of `best`: one) would be left. The run is as far as its `latest` from here on; the
 * answers kept as `after` go with the place of the newest.
 *
 * Throws ManabiError: run-unknown, storage-full (the ones before are intact), storage-failed.
 */
export async function saveCheckpoint(
  runId: string,
  checkpoint: Checkpoint<Reached>,
  kind: CheckpointKind = 'latest',
): Promise<CheckpointInfo> {
  const owner = ownerOf(runId, kind);
  return withLock(lockOf(owner), {}, async () => {
    const db = await database();
    await sweep(db, owner);
    const generation = ((await manifestsOf(db, owner))[0]?.generation ?? 0) + 1;
    try {
      return await writeGeneration(runId, owner, kind, generation, checkpoint);
    } catch (error) {
      await sweep(db, owner);
      throw error;
    }
  });
}

async function writeGeneration(
  runId: string,
  owner: string,
  kind: CheckpointKind,
  generation: number,
  { weights, optimizer, state }: Checkpoint<Reached>,
): Promise<CheckpointInfo> {
  const groups: [Group, NamedTensors][] = [['weights', weights]];
  if (optimizer) groups.push(['exp_avg', optimizer.exp_avg], ['exp_avg_sq', optimizer.exp_avg_sq]);
  const entries = groups.flatMap(([group, tensors]) =>
    [...tensors].map(([name, { shape, data }]) => ({ group, name, shape, data })),
  );
  const bytes = entries.reduce((sum, { data }) => sum + data.byteLength, 0);
  const chunks: ManifestBody['chunks'] = [];
  let written = 0;
  for (const chunk of cut(entries.map(({ data }) => data))) {
    const sha256 = await sha256Of(chunk);
    const index = chunks.push({ bytes: chunk.length, sha256 }) - 1;
    const put = (tx: WriteTransaction) => tx.objectStore('chunks').put(chunk, [owner, generation, index]);
    await write(['chunks'], runId, bytes, put, written);
    written += chunk.length;
  }
  const tensors = entries.map(({ group, name, shape }) => ({ group, name, shape }));
  const manifestBody: ManifestBody = { tensors, chunks, scaler: optimizer?.scaler, state };
  const body = JSON.stringify(manifestBody);
  const manifest: CheckpointManifest = {
    owner,
    kind,
    generation,
    savedAt: Date.now(),
    bytes,
    body,
    sha256: await sha256Of(new TextEncoder().encode(body)),
  };
  await putManifests(runId, [manifest], state);
  await prune(owner, kept[kind]);
  return infoOf(manifest);
}

/**
 * The newest whole checkpoint is another one from here on, with `newest` as its state (null: there is none): the run is as
 * far as that one, and the answers kept as `after` are those of the one before.
 */
async function putManifests(
  runId: string,
  manifests: readonly CheckpointManifest[],
  newest: Reached | null,
): Promise<void> {
  const bytes = manifests.reduce((sum, { body }) => sum + body.length, 0);
  await write(['runs', 'evaluations', 'manifests'], runId, bytes, async (tx) => {
    const run = await tx.objectStore('runs').get(runId);
    if (!run) throw new ManabiError('run-unknown', runId);
    const { before } = run.scores;
    const changed = { ...run, scores: before ? { before } : {}, updatedAt: Date.now() };
    if (newest && manifests[0].kind === 'latest') {
      const { global_step: step, max_steps: totalSteps, epoch } = newest;
      changed.progress = { step, totalSteps, epoch };
    }
    await Promise.all([
      ...manifests.map((manifest) => tx.objectStore('manifests').put(manifest)),
      tx.objectStore('evaluations').delete([runId, 'after']),
      tx.objectStore('runs').put(changed),
    ]);
  });
}

/** The bytes of the arrays in pieces of at most MAX_CHUNK_BYTES. A piece is valid until the next one is asked for. */
function* cut(arrays: readonly Float32Array[]): Generator<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(MAX_CHUNK_BYTES);
  let filled = 0;
  for (const { buffer: source, byteOffset, byteLength } of arrays) {
    for (let at = 0; at < byteLength;) {
      const length = Math.min(MAX_CHUNK_BYTES - filled, byteLength - at);
      buffer.set(new Uint8Array(source, byteOffset + at, length), filled);
      filled += length;
      at += length;
      if (filled === MAX_CHUNK_BYTES) {
        yield buffer;
        filled = 0;
      }
    }
  }
  // A copy: IndexedDB stores the whole buffer behind a view.
  if (filled > 0) yield buffer.slice(0, filled);
}

/** Removes what is older than the newest `count` whole generations, and the damaged ones. */
async function prune(owner: string, count: number): Promise<void> {
  await write(['chunks', 'manifests'], owner, 0, async (tx) => {
    const manifests = await tx.objectStore('manifests').getAll(keysUnder(owner));
    const whole = manifests.filter(({ damaged }) => !damaged).map(({ generation }) => generation);
    const keep = new Set(whole.slice(-count));
    const old = manifests.filter(({ generation }) => !keep.has(generation));
    await Promise.all(
      old.flatMap(({ generation }) => [
        tx.objectStore('chunks').delete(keysUnder(owner, generation)),
        tx.objectStore('manifests').delete([owner, generation]),
      ]),
    );
  });
}

/** Removes chunks without a manifest: what a crash or a full disk left of an unfinished write. */
async function sweep(db: Database, owner: string): Promise<void> {
  const whole = new Set((await manifestsOf(db, owner)).map(({ generation }) => generation));
  const keys = await db.getAllKeys('chunks', keysUnder(owner));
  const left = new Set(keys.map(([, generation]) => generation).filter((found) => !whole.has(found)));
  if (left.size === 0) return;
  await write(['chunks'], owner, 0, async (tx) => {
    await Promise.all(
      Array.from(left, (generation) => tx.objectStore('chunks').delete(keysUnder(owner, generation))),
    );
  });
}

/** For the start of the page: removes what unfinished writes of all runs left, but for those that are going on now. */
export async function sweepLeftovers(): Promise<void> {
  const db = await database();
  const keys = await db.getAllKeys('chunks', IDBKeyRange.bound(['run:'], ['run;']));
  for (const owner of new Set(keys.map(([owner]) => owner))) {
    await withLock(lockOf(owner), { ifAvailable: true }, async (hasLock) => {
      if (hasLock) await sweep(db, owner);
    });
  }
}

/**
 * The newest whole checkpoint of a run, or null when there is none. Every chunk is held to its SHA-256; a damaged
 * generation is left out for the one before it, and `damaged` says so.
 *
 * Throws ManabiError checkpoint-lost when there are checkpoints and none of them is whole.
 */
export async function loadCheckpoint<State extends Reached>(
  runId: string,
  kind: CheckpointKind = 'latest',
): Promise<LoadedCheckpoint<State> | null> {
  const owner = ownerOf(runId, kind);
  return withLock(lockOf(owner), { mode: 'shared' }, async () => {
    const db = await database();
    const manifests = await manifestsOf(db, owner);
    const damaged: ManabiError[] = [];
    const unmarked: CheckpointManifest[] = [];
    for (const manifest of manifests) {
      const read = await readGeneration<State>(db, manifest);
      if (!('reason' in read)) {
        await mark(runId, unmarked, read.state);
        return { ...read, ...infoOf(manifest), damaged };
      }
      const { generation } = manifest;
      damaged.push(new ManabiError('checkpoint-damaged', runId, { generation, reason: read.reason }));
      if (!manifest.damaged) unmarked.push(manifest);
    }
    if (damaged.length === 0) return null;
    await mark(runId, unmarked, null);
    const reasons = damaged.map(({ details }) => details.reason).join('; ');
    throw new ManabiError('checkpoint-lost', runId, { reason: reasons });
  });
}

async function mark(
  runId: string,
  manifests: readonly CheckpointManifest[],
  newest: Reached | null,
): Promise<void> {
  if (manifests.length === 0) return;
  const marked = manifests.map((manifest) => ({ ...manifest, damaged: true as const }));
  try {
    await putManifests(runId, marked, newest);
  } catch (error) {
    // A full disk must not keep a run from going on; unmarked, the damaged generation only takes a whole one's place.
    if (!(error instanceof ManabiError && error.code === 'storage-full')) throw error;
  }
}

async function readGeneration<State>(
  db: Database,
  manifest: CheckpointManifest,
): Promise<Checkpoint<State> | { reason: string }> {
  const { owner, generation } = manifest;
  if ((await sha256Of(new TextEncoder().encode(manifest.body))) !== manifest.sha256) {
    return { reason: 'manifest: wrong SHA-256' };
  }
  const { chunks, scaler, state, ...layout } = JSON.parse(manifest.body) as ManifestBody;
  const tensors = layout.tensors.map(({ group, name, shape }) => {
    const data = new Float32Array(shape.reduce((product, size) => product * size, 1));
    return { group, name, tensor: { shape, data } };
  });
  const fill = filler(tensors.map(({ tensor }) => tensor.data));
  for (const [index, { bytes, sha256 }] of chunks.entries()) {
    const place = `chunk ${index + 1} of ${chunks.length}`;
    let chunk: Uint8Array<ArrayBuffer> | Blob | undefined;
    try {
      chunk = await db.get('chunks', [owner, generation, index]);
    } catch (error) {
      // The browser keeps large values in files of their own, which can be lost.
      return { reason: `${place}: ${String(error)}` };
    }
    if (!(chunk instanceof Uint8Array)) return { reason: `${place}: missing` };
    if (chunk.length !== bytes || (await sha256Of(chunk)) !== sha256) {
      return { reason: `${place}: wrong SHA-256` };
    }
    fill(chunk);
  }
  const group = (wanted: Group): NamedTensors =>
    new Map(tensors.flatMap(({ group, name, tensor }) => (group === wanted ? [[name, tensor]] : [])));
  const exp_avg = group('exp_avg');
  const moments = { exp_avg, exp_avg_sq: group('exp_avg_sq') };
  const optimizer = exp_avg.size > 0 ? { ...moments, ...(scaler ? { scaler } : {}) } : null;
  return { weights: group('weights'), optimizer, state: state as State };
}

/** Takes pieces of bytes and lays them into the arrays one after another. */
function filler(arrays: readonly Float32Array[]): (piece: Uint8Array) => void {
  let array = 0;
  let at = 0;
  return (piece) => {
    for (let from = 0; from < piece.length;) {
      const { buffer, byteLength } = arrays[array];
      const length = Math.min(byteLength - at, piece.length - from);
      new Uint8Array(buffer, at, length).set(piece.subarray(from, from + length));
      from += length;
      at += length;
      if (at === byteLength) {
        array++;
        at = 0;
      }
    }
  };
}

/** The newest first. */
async function manifestsOf(db: Database, owner: string): Promise<CheckpointManifest[]> {
  return (await db.getAll('manifests', keysUnder(owner))).reverse();
}

function infoOf({ kind, generation, savedAt, bytes }: CheckpointManifest): CheckpointInfo {
  return { kind, generation, savedAt, bytes };
}

/** What is stored of a run, the newest first of each kind; nothing is verified. */
export async function listCheckpoints(runId: string): Promise<CheckpointInfo[]> {
  const db = await database();
  const found = await Promise.all(checkpointOwners(runId).map((owner) => manifestsOf(db, owner)));
  return found.flat().map(infoOf);
}

/**
 * Keeps the best weights of a run in the store, so that they outlive the tab; where the disk is full, in memory. `onError` is told
 * of that, and of checkpoint-best-lost where the weights of the step asked for are nowhere.
 */
export function storedBestWeights(runId: string, onError: (error: ManabiError) => void): BestWeights {
  let unstored: NamedTensors | null = null;
  return {
    save: async (weights, state) => {
      unstored = null;
      try {
        await saveCheckpoint(runId, { weights, optimizer: null, state }, 'best');
      } catch (error) {
        if (!isStorageError(error)) throw error;
        unstored = weights;
        onError(error);
      }
    },
    load: async (step) => {
      if (unstored) return unstored;
      const found = await loadCheckpoint<TrainerState>(runId, 'best').catch((error: unknown) => {
        if (error instanceof ManabiError && error.code === 'checkpoint-lost') return null;
        throw error;
      });
      if (found?.state.global_step === step) return found.weights;
      onError(new ManabiError('checkpoint-best-lost', runId, { step }));
      return null;
    },
  };
}
