import type { Evaluation } from '../answering/evaluation.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import { fingerprintExamples } from '../squad/describe.ts';
import type { DataOrigin } from '../squad/data-origin.ts';
import type { SquadExample } from '../squad/example.ts';
import type { LogEntry } from '../training/state.ts';
import { defaultArguments, type TrainingArguments } from '../training/training-arguments.ts';
import { checkpointOwners } from './checkpoints.ts';
import { database, keysUnder, write } from './database.ts';
import { lockedRuns, withRunLock } from './run-lock.ts';

/** What is told of a data file; the examples themselves are in the run's inputs. */
export interface DataDescription {
  name: string;
  questions: number;
  /** SHA-256 of the examples (fingerprintExamples). */
  fingerprint: string;
  /** Where it is known. */
  origin?: DataOrigin;
}

export interface ModelDescription {
  source: 'built-in' | 'hub' | 'files';
  /** Hub id, folder or file name. */
  name: string;
  /** SHA-256 of the weights the run began with (sha256OfBlobs). */
  fingerprint: string;
}

export type When = 'before' | 'after';

/** What the answers after a training say of it, beside those before; `diverged`: its loss stood far above its start, or was no number. */
export type Verdict = 'improved' | 'unchanged' | 'worse' | 'diverged';

/** A run without its large parts, as the list shows it. The seed is in its settings. */
export interface Run {
  id: string;
  name: string;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
  recipe: string;
  args: TrainingArguments;
  /** How the GPU's matrix products are cut: another cut adds in another order, and a run goes on bit-equal. null: no GPU. */
  tiles: TileChoice | null;
  /** Names of the devices that trained it, the one where it was begun first. Absent in runs of earlier versions. */
  devices?: string[];
  data: { train: DataDescription; evaluation: DataDescription };
  model: ModelDescription;
  /** `stopped` also when its tab was closed or crashed in mid-run, or when its end found no room. */
  status: 'running' | 'stopped' | 'finished';
  /** As far as its newest whole checkpoint; of a running one, as its log. */
  progress: { step: number; totalSteps: number; epoch: number };
  scores: Partial<Record<When, Omit<Evaluation, 'rows'>>>;
  /** Spent on training steps, pauses left out. */
  seconds?: number;
  /** Once it has come to an end. */
  verdict?: Verdict;
}

/** What a run is continued from after a reload, when the files once dropped on the page are gone. */
export interface RunInputs {
  train: SquadExample[];
  evaluation: SquadExample[];
  /** config.json and the tokenizer files by name; the weights are in the checkpoints. */
  modelFiles: ReadonlyMap<string, Blob>;
}

export type NewRun = Pick<Run, 'name' | 'recipe' | 'args' | 'tiles' | 'devices' | 'model'> & {
  data: Record<'train' | 'evaluation', Pick<DataDescription, 'name' | 'origin'>>;
};

/**
 * Stores a new run with its inputs, all of it or nothing.
 * Throws ManabiError storage-full, storage-failed, storage-unavailable.
 */
export async function createRun(from: NewRun, inputs: RunInputs): Promise<Run> {
  const now = Date.now();
  const describe = async (
    file: NewRun['data']['train'],
    examples: SquadExample[],
  ): Promise<DataDescription> => ({
    ...file,
    questions: examples.length,
    fingerprint: await fingerprintExamples(examples),
  });
  const run: Run = {
    ...from,
    id: newId(),
    createdAt: now,
    updatedAt: now,
    data: {
      train: await describe(from.data.train, inputs.train),
      evaluation: await describe(from.data.evaluation, inputs.evaluation),
    },
    status: 'stopped',
    progress: { step: 0, totalSteps: 0, epoch: 0 },
    scores: {},
  };
  // Arrays: WebKit's private windows store no Blobs.
  const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const arrays = new Map<string, Uint8Array<ArrayBuffer>>([
    ['train', text(inputs.train)],
    ['evaluation', text(inputs.evaluation)],
  ]);
  for (const [name, blob] of inputs.modelFiles) {
    arrays.set(`model/${name}`, new Uint8Array(await blob.arrayBuffer()));
  }
  const bytes = [...arrays.values()].reduce((sum, { length }) => sum + length, 0);
  await write(['runs', 'inputs'], run.name, bytes, async (tx) => {
    await Promise.all([
      tx.objectStore('runs').put(run),
      ...Array.from(arrays, ([name, array]) => tx.objectStore('inputs').put(array, [run.id, name])),
    ]);
  });
  return run;
}

/** 128 random bits. (crypto.randomUUID is missing on a page of plain http.) */
function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** It has a checkpoint to go on from; without one, it was ended before its first step. */
export function hasBegun({ progress }: Run): boolean {
  return progress.totalSteps > 0;
}

/** Throws ManabiError run-unknown. */
export async function getRunInputs(runId: string): Promise<RunInputs> {
  const db = await database();
  const tx = db.transaction('inputs');
  const [keys, values] = await Promise.all([
    tx.store.getAllKeys(keysUnder(runId)),
    tx.store.getAll(keysUnder(runId)),
  ]);
  if (keys.length === 0) throw new ManabiError('run-unknown', runId);
  const byName = new Map(keys.map(([, name], i) => [name, new Blob([values[i]])]));
  const examples = async (name: string) =>
    JSON.parse((await byName.get(name)?.text()) ?? '[]') as SquadExample[];
  const modelFiles = new Map<string, Blob>();
  for (const [name, blob] of byName) {
    if (name.startsWith('model/')) modelFiles.set(name.slice('model/'.length), blob);
  }
  return { train: await examples('train'), evaluation: await examples('evaluation'), modelFiles };
}

/** All runs, the latest first. */
export async function listRuns(): Promise<Run[]> {
  const runs = await withTrueStatus(await (await database()).getAll('runs'));
  return runs.sort((a, b) => b.updatedAt - a.updatedAt);
}

/** Throws ManabiError run-unknown. */
export async function getRun(runId: string): Promise<Run> {
  const run = await (await database()).get('runs', runId);
  if (!run) throw new ManabiError('run-unknown', runId);
  return (await withTrueStatus([run]))[0];
}

/** A tab that is closed in mid-run leaves `running` behind; its lock is gone, though, and what came after its checkpoint. */
async function withTrueStatus(runs: Run[]): Promise<Run[]> {
  const locked = await lockedRuns(runs.map(({ id }) => id));
  return Promise.all(
    runs.map(async (stored): Promise<Run> => {
      // Arguments that came after the run was stored have the values that it was trained with.
      const run = { ...stored, args: { ...defaultArguments, ...stored.args } };
      const { progress } = run;
      if (run.status === 'running' && locked.has(run.id)) {
        const { store } = (await database()).transaction('metrics');
        const last = await store.openKeyCursor(keysUnder(run.id), 'prev');
        return { ...run, progress: { ...progress, step: last?.key[1] ?? progress.step } };
      }
      const finished = hasBegun(run) && progress.step >= progress.totalSteps;
      return { ...run, status: finished ? 'finished' : 'stopped' };
    }),
  );
}

/** Throws ManabiError run-unknown, storage-full, storage-failed. */
export async function updateRun(
  runId: string,
  changes: Partial<Pick<Run, 'name' | 'status' | 'progress' | 'args' | 'devices' | 'seconds' | 'verdict'>>,
): Promise<Run> {
  return write(['runs'], runId, 0, async (tx) => {
    const store = tx.objectStore('runs');
    const run = await store.get(runId);
    if (!run) throw new ManabiError('run-unknown', runId);
    const updated = { ...run, ...changes, updatedAt: Date.now() };
    await store.put(updated);
    return updated;
  });
}

/** Deletes a run with its inputs, log and checkpoints. Throws ManabiError run-locked while it is being trained. */
export async function deleteRun(runId: string): Promise<void> {
  await withRunLock(runId, () =>
    write(['runs', 'inputs', 'metrics', 'evaluations', 'chunks', 'manifests'], runId, 0, async (tx) => {
      const under = (['inputs', 'metrics', 'evaluations'] as const).map((name) =>
        tx.objectStore(name).delete(keysUnder(runId)),
      );
      const checkpoints = checkpointOwners(runId).flatMap((owner) =>
        (['chunks', 'manifests'] as const).map((name) => tx.objectStore(name).delete(keysUnder(owner))),
      );
      await Promise.all([tx.objectStore('runs').delete(runId), ...under, ...checkpoints]);
    }),
  );
}

/** Adds to the log of a run; an entry of the same step and kind replaces the one before. */
export async function putMetrics(runId: string, entries: readonly LogEntry[]): Promise<void> {
  await write(['runs', 'metrics'], runId, 200 * entries.length, async (tx) => {
    if (!(await tx.objectStore('runs').getKey(runId))) throw new ManabiError('run-unknown', runId);
    const store = tx.objectStore('metrics');
    await Promise.all(entries.map((entry) => store.put(entry, [runId, entry.step, kindOf(entry)])));
  });
}

// In the order in which they come within a step.
function kindOf(entry: LogEntry): string {
  if (entry.loss !== undefined) return '1 step';
  return entry.eval_loss !== undefined ? '2 evaluation' : '3 end';
}

/** The log in the order of the steps, as log_history has it. */
export async function getMetrics(runId: string): Promise<LogEntry[]> {
  return (await database()).getAll('metrics', keysUnder(runId));
}

/** Forgets what came after the checkpoint that a run goes on from. */
export async function deleteMetricsAfter(runId: string, step: number): Promise<void> {
  const after = IDBKeyRange.bound([runId, step, []], [runId, []]);
  await write(['metrics'], runId, 0, (tx) => tx.objectStore('metrics').delete(after));
}

/**
 * Keeps a table of answers of the weights after `step` and, in the run, its scores; not where another tab has gone on with the
 * run meanwhile. Throws ManabiError run-unknown, storage-full, storage-failed.
 */
export async function putEvaluation(
  runId: string,
  when: When,
  evaluation: Evaluation,
  step: number,
): Promise<void> {
  const { rows, ...scores } = evaluation;
  const bytes = JSON.stringify(rows).length;
  await write(['runs', 'evaluations'], runId, bytes, async (tx) => {
    const run = await tx.objectStore('runs').get(runId);
    if (!run) throw new ManabiError('run-unknown', runId);
    if (run.progress.step !== step) return;
    const updated = { ...run, scores: { ...run.scores, [when]: scores }, updatedAt: Date.now() };
    await Promise.all([
      tx.objectStore('runs').put(updated),
      tx.objectStore('evaluations').put(evaluation, [runId, when]),
    ]);
  });
}

export async function getEvaluation(runId: string, when: When): Promise<Evaluation | null> {
  return (await (await database()).get('evaluations', [runId, when])) ?? null;
}

/** The answers kept as `after` where they are those of the weights after `step`. */
export async function getAnswersAt(runId: string, step: number): Promise<Evaluation | null> {
  const tx = (await database()).transaction(['runs', 'evaluations']);
  const [run, found] = await Promise.all([
    tx.objectStore('runs').get(runId),
    tx.objectStore('evaluations').get([runId, 'after']),
  ]);
  return run?.progress.step === step ? (found ?? null) : null;
}
