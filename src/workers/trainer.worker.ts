import { expose, transfer, wrap, type Remote } from 'comlink';
import { answerQuestions } from '../answering/answer.ts';
import { evaluateExamples, type Evaluation } from '../answering/evaluation.ts';
import { readCardHeader } from '../checkpoint/card-header.ts';
import { exportTrainerCheckpointZip } from '../checkpoint/continue-training.ts';
import { exportModelZip } from '../checkpoint/export.ts';
import { readTextFiles } from '../checkpoint/model-folder.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { defaultTiles, isTileChoice } from '../kernels/linear/tile.ts';
import { parseConfig } from '../model/config.ts';
import { float32, type Engine, type EngineSettings, type NamedTensors } from '../model/engine.ts';
import { KernelEngine } from '../engine/engine.ts';
import { parameterCount, parameterShapes } from '../model/parameters.ts';
import { loadCheckpoint, saveCheckpoint, storedBestWeights } from '../storage/checkpoints.ts';
import { isStorageError, storesInMemory } from '../storage/database.ts';
import { withRunLock } from '../storage/run-lock.ts';
import {
  createRun,
  deleteMetricsAfter,
  getRun,
  getRunInputs,
  putEvaluation,
  putMetrics,
  updateRun,
  type ModelDescription,
  type Run,
} from '../storage/runs.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { TrainingControl } from '../training/control.ts';
import { passesOf, planRun } from '../training/run-memory.ts';
import { learningRateAt } from '../training/schedule.ts';
import { rowOrder } from '../training/steps.ts';
import type { TrainerState } from '../training/state.ts';
import { bestStepAtEnd, train, type TrainingEvent } from '../training/train.ts';
import { Machine } from './machine.ts';
import { bytesOf, readModel } from './model-files.ts';
import {
  failure,
  reply,
  type ModelSource,
  type PreparedRows,
  type RowSource,
  type TrainerWorker,
} from './protocol.ts';

/** Of the GPU, from one checkpoint on. */
const MAX_LOSSES = 3;

interface Model {
  engine: Engine;
  tokenizer: Tokenizer;
  /** config.json and the tokenizer's files. */
  files: Map<string, Blob>;
  description: ModelDescription;
  /** As far as its run has trained it; null: as it came. */
  resumeFrom: TrainerState | null;
  /** Whether its run trained it on questions without an answer: then it may say that there is none. */
  handle_impossible_answer: boolean;
  /** Something of its training found no room: the store may give other weights. */
  unstored?: true;
}

let source: Remote<RowSource> | null = null;
let model: Model | null = null;
const machine = new Machine(releaseModel, isCareful);
let control = new TrainingControl();
/** Of a loading or an evaluation. Like `control` made as soon as work is asked for: a stop right after must not be lost. */
let interrupt = new AbortController();
/** How often the GPU was lost since the checkpoint that a run goes on from. */
let losses = { runId: '', step: 0, count: 0 };
/** Bytes that this device did not have. */
let refused = Infinity;

function loaded(): Model {
  if (!model) throw new ManabiError('model-not-loaded', '');
  machine.check();
  return model;
}

async function preparedRows(): Promise<PreparedRows> {
  if (!source) throw new RangeError('not connected');
  return (await source.rows()) as PreparedRows;
}

/** After a second loss at one place a GPU is given less at once, in time and in memory; the results are the same to the bit. */
function isCareful(): boolean {
  return losses.count > 1;
}

/** What a loss of the GPU in a run that goes on from `step` means: it can be tried again, or (gpu-lost-again) is over after the third. */
function countLoss(error: unknown, runId: string, step: number): unknown {
  if (!(error instanceof ManabiError) || error.code !== 'gpu-lost') return error;
  const again = losses.runId === runId && losses.step === step;
  losses = { runId, step, count: again ? losses.count + 1 : 1 };
  if (losses.count < MAX_LOSSES) return error;
  const { count } = losses;
  losses = { runId: '', step: 0, count: 0 };
  return new ManabiError('gpu-lost-again', error.place, { ...error.details, step, count });
}

function releaseModel(): void {
  model?.engine.dispose();
  model = null;
  refused = Infinity;
}

/** In place of the model before, whose memory is free when the new one's is taken. */
async function hold(make: () => Promise<Engine>, rest: Omit<Model, 'engine'>): Promise<void> {
  model?.engine.dispose();
  model = null;
  model = { engine: await make(), ...rest };
}

/** An engine's settings are fixed: where a run asks for others, its model moves to a new one. */
async function engineFor({ fp16, freeze_embeddings }: EngineSettings): Promise<Engine> {
  const { engine, ...rest } = loaded();
  const old = engine.settings;
  if (old.fp16 === fp16 && old.freeze_embeddings === freeze_embeddings) return engine;
  const tiles = tilesOf(engine);
  if (engine instanceof KernelEngine) engine.freeTraining();
  const settings = { fp16, freeze_embeddings };
  const next = await machine.createEngine(engine.config, await engine.readWeights(), settings, tiles);
  await hold(async () => next, rest);
  return next;
}

/** Of a run on our own kernels on a GPU, which keeps those that it began with. */
function tilesOf(engine: Engine) {
  return engine instanceof KernelEngine && engine.kind === 'gpu' ? engine.tiles : undefined;
}

/** Keeps what an event says of a run. */
async function keep(runId: string, engine: Engine, event: TrainingEvent): Promise<void> {
  if (event.type === 'steps') await putMetrics(runId, event.entries);
  else if (event.type === 'evaluation') await putMetrics(runId, [event.entry]);
  else if (event.type === 'start' && event.state.global_step === 0) {
    // What a run begins from when its tab is closed before the first epoch ends.
    await saveCheckpoint(runId, {
      weights: await engine.readWeights(),
      optimizer: null,
      state: event.state,
    });
  } else if (event.type === 'checkpoint') {
    const checkpoint = { weights: await engine.readWeights(), optimizer: await engine.readOptimizer() };
    await saveCheckpoint(runId, { ...checkpoint, state: event.state });
  }
}

function progressOf({ global_step: step, max_steps: totalSteps, epoch }: TrainerState): Run['progress'] {
  return { step, totalSteps, epoch };
}

/** For the page, which has the log already: a long one would hold up its thread at every checkpoint. */
function shown(event: TrainingEvent): TrainingEvent {
  return 'state' in event ? { ...event, state: { ...event.state, log_history: [] } } : event;
}

/** The buffers that hold one tensor each; others are parts of an engine's memory and are copied on their way. */
function ownBuffers(weights: NamedTensors): ArrayBuffer[] {
  return Array.from(weights.values()).flatMap(({ data: { buffer, byteLength } }) =>
    buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : [],
  );
}

/** For the export worker. */
const modelSource: ModelSource = {
  model: async () => {
    const given = await reply(async () => {
      const { engine, files } = loaded();
      return { files: await bytesOf(files), weights: await engine.readWeights() };
    });
    return given.ok ? transfer(given, ownBuffers(given.value.weights)) : given;
  },
  // What is taken away computes in float32, whatever the training did.
  forward: (batch) => reply(async () => (await engineFor(float32)).forward(batch)),
  questions: () => reply(async () => (await preparedRows()).examples.evaluation),
};

const worker: TrainerWorker = {
  connect: (port) => {
    source = wrap(port);
  },

  find: (config, wish) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      await machine.find(parseConfig(config, 'config.json'), wish, signal);
      return machine.computer;
    }),

  open: (backend, threads = null) =>
    reply(async () => {
      await machine.open(backend, threads);
      const { device } = machine.computer;
      if (!device) throw new RangeError('no device');
      return device;
    }),

  computer: () => machine.computer,

  measure: (config) =>
    reply(async () => {
      await machine.measureAll(parseConfig(config, 'config.json'));
      return machine.computer;
    }),

  load: (given, named, seed, onProgress) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      const read = await readModel(given, seed, onProgress, signal);
      // Small files are read without a look at it.
      if (signal.aborted) throw new ManabiError('cancelled', '');
      const { config, tokenizer, tensors, findings, files, fingerprint } = read;
      const description = { ...named, fingerprint };
      await machine.findFor(config, signal);
      await hold(() => machine.createEngine(config, tensors, float32), {
        tokenizer,
        files,
        description,
        resumeFrom: null,
        handle_impossible_answer: false,
      });
      return { parameters: parameterCount(config), ...findings };
    }),

  reserve: (args, longest) =>
    reply(async () => {
      const engine = await engineFor(args);
      const { config } = engine;
      const plan = () => planRun(config, args, longest, { ...machine.memory, refused });
      const memory = plan();
      // TensorFlow.js takes its memory as it goes.
      if (!memory.fits || !(engine instanceof KernelEngine)) return memory;
      try {
        const careful = isCareful() ? memory.plans.filter(({ recompute }) => recompute) : [];
        const plans = careful.length > 0 ? careful : memory.plans;
        const taken = await engine.reserve(passesOf(args, longest), plans);
        return { ...memory, ...taken };
      } catch (error) {
        if (!(error instanceof ManabiError) || error.code !== `${engine.kind}-memory`) throw error;
        refused = Math.min(...memory.plans.map(({ total }) => total));
        return plan();
      }
    }),

  plan: (config, args, longest) =>
    reply(async () =>
      planRun(parseConfig(config, 'config.json'), args, longest, { ...machine.memory, refused }),
    ),

  begin: (recipe, given) =>
    reply(async () => {
      const { engine, description, files } = loaded();
      const { examples, files: data, negative } = await preparedRows();
      const args = { ...given, version_2_with_negative: negative !== null };
      const name = `${description.name} · ${data.train.name}`;
      const tiles = tilesOf(engine) ?? null;
      const devices = [engine.device];
      const run = { name, recipe, args, tiles, devices, model: description, data };
      return (await createRun(run, { ...examples, modelFiles: files })).id;
    }),

  run: (runId) => reply(() => getRun(runId)),

  restore: (runId) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      const [run, { modelFiles }] = [await getRun(runId), await getRunInputs(runId)];
      const checkpoint = await loadCheckpoint<TrainerState>(runId);
      if (!checkpoint) throw new ManabiError('run-no-checkpoint', run.name);
      const { state, damaged } = checkpoint;
      // As its training left it.
      const bestStep = bestStepAtEnd(run.args, state);
      const best =
        bestStep && (await storedBestWeights(runId, (error) => damaged.push(error)).load(bestStep));
      const { config, tokenizer } = readTextFiles(await bytesOf(modelFiles));
      const tiles = isTileChoice(run.tiles) ? run.tiles : defaultTiles;
      if (signal.aborted) throw new ManabiError('cancelled', '');
      await machine.findFor(config, signal);
      await hold(() => machine.createEngine(config, best || checkpoint.weights, run.args, tiles), {
        tokenizer,
        files: new Map(modelFiles),
        description: run.model,
        resumeFrom: state,
        handle_impossible_answer: run.args.version_2_with_negative === true,
      });
      if (checkpoint.optimizer) await loaded().engine.writeOptimizer(checkpoint.optimizer);
      const parameters = parameterCount(config);
      return { progress: progressOf(state), parameters, damaged: damaged.map(failure) };
    }),

  train: (runId, onEvent, onStorageError) =>
    reply(() => {
      control = new TrainingControl();
      return withRunLock(runId, async () => {
        const held = loaded();
        const { engine, tokenizer, resumeFrom } = held;
        const { args, devices = [] } = await getRun(runId);
        const rows = await preparedRows();
        if (!resumeFrom && (await storesInMemory())) {
          onStorageError(failure(new ManabiError('storage-memory', '')));
        }
        if (resumeFrom) await deleteMetricsAfter(runId, resumeFrom.global_step);
        const trained = devices.at(-1) === engine.device ? devices : [...devices, engine.device];
        await updateRun(runId, { status: 'running', devices: trained });
        let outcome: 'finished' | 'stopped' = 'stopped';
        const tell = (error: ManabiError) => {
          held.unstored = true;
          onStorageError(failure(error));
        };
        const told = (error: unknown) => {
          if (!isStorageError(error)) throw error;
          tell(error);
        };
        try {
          const state = await train(engine, { ...rows, padTokenId: tokenizer.padTokenId }, args, {
            control,
            resumeFrom: resumeFrom ?? undefined,
            best: storedBestWeights(runId, tell),
            ...(machine.gpu ? { expectLoss: (...step) => machine.lossOnProcessor(engine, ...step) } : {}),
            onEvent: async (event) => {
              machine.check();
              if (event.type === 'end') outcome = event.outcome;
              if (event.type === 'start' || event.type === 'checkpoint') {
                await onEvent({ type: 'saving' }, engine.memory().live);
              }
              await keep(runId, engine, event).catch(told);
              await onEvent(shown(event), engine.memory().live);
            },
          });
          held.resumeFrom = state;
          held.handle_impossible_answer = args.version_2_with_negative === true;
          return { outcome, progress: progressOf(state) };
        } catch (error) {
          if (error instanceof ManabiError && error.code === 'gpu-wrong-loss') {
            const tiles = tilesOf(engine) ?? machine.tiles;
            await machine.leaveAfter(error, { config: engine.config, tiles });
          }
          const { gpu } = machine;
          const cause = gpu && !(error instanceof ManabiError) ? await gpu.causeOf(error) : error;
          throw countLoss(cause, runId, resumeFrom?.global_step ?? 0);
        } finally {
          await updateRun(runId, { status: outcome }).catch(told);
        }
      });
    }),

  evaluate: (store, onProgress, onStorageError) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      const { tokenizer, resumeFrom, unstored } = loaded();
      // Without a run the model as it came, not with the float16 activations of a run that did not begin.
      const engine = store ? loaded().engine : await engineFor(float32);
      const { examples, negative } = await preparedRows();
      let found: Evaluation;
      try {
        const control = { onProgress, signal };
        found = await evaluateExamples(engine, tokenizer, examples.evaluation, {}, control, negative);
        // During the last batch too: a run must not begin then.
        signal.throwIfAborted();
      } catch (error) {
        throw signal.aborted ? new ManabiError('cancelled', '') : error;
      }
      if (!store || unstored) return found;
      try {
        await putEvaluation(store.runId, store.when, found, resumeFrom?.global_step ?? 0);
      } catch (error) {
        // A run whose first answers find no room would keep no checkpoint either: it does not begin.
        if (store.when === 'before' || !(error instanceof ManabiError)) throw error;
        onStorageError(failure(error));
      }
      return found;
    }),

  holdsModel: () => model !== null,

  pause: () => control.pause(),
  resume: () => control.resume(),
  stop: () => {
    control.stop();
    interrupt.abort();
  },

  ask: (question, context, onProgress) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      const { engine, tokenizer, handle_impossible_answer } = loaded();
      const asked = [{ id: '', question, context }];
      const options = { top_k: 3, handle_impossible_answer };
      try {
        const [answers] = await answerQuestions(engine, tokenizer, asked, options, { onProgress, signal });
        return answers;
      } catch (error) {
        throw signal.aborted ? new ManabiError('cancelled', '') : error;
      }
    }),

  serveModel: (port) => expose(modelSource, port),

  download: (facts) =>
    reply(async () => {
      const { engine, files } = loaded();
      const texts = await bytesOf(files);
      // Loaded when asked for, with its YAML.
      const { modelCard } = await import('../export/model-card.ts');
      const card = modelCard({ ...facts, header: readCardHeader(texts['README.md']), types: [] });
      // A Blob crosses the border without a copy.
      return new Blob([exportModelZip(texts, await engine.readWeights(), card)]);
    }),

  downloadCheckpoint: (runId) =>
    reply(async () => {
      const [{ args, name }, { modelFiles }] = [await getRun(runId), await getRunInputs(runId)];
      const checkpoint = await loadCheckpoint<TrainerState>(runId);
      if (!checkpoint?.optimizer) throw new ManabiError('run-no-checkpoint', name);
      const { weights, optimizer, state } = checkpoint;
      const rows = await preparedRows();
      const { config, tokenizer } = readTextFiles(await bytesOf(modelFiles));
      const nextLearningRate = learningRateAt(args, state.global_step + 1, state.max_steps);
      const epochs = Array.from({ length: Math.ceil(state.num_train_epochs) }, (_, epoch) => epoch);
      const orders = epochs.map((epoch) => rowOrder(rows.train, args, epoch));
      return exportTrainerCheckpointZip(
        await bytesOf(modelFiles),
        { weights, optimizer, state, args, nextLearningRate },
        parameterShapes(config).keys(),
        { ...rows, orders, padTokenId: tokenizer.padTokenId },
      );
    }),

  checkParity: (given, print) =>
    reply(async () => {
      // Loaded when asked for: the page never does.
      const { checkServed } = await import('../parity/served.ts');
      return checkServed(given, (config, tensors) => machine.createEngine(config, tensors, float32), print);
    }),
};

expose(worker);
