import { refuseStandIn } from '../compression/recognise-file.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { parsePythonJson, writePythonJson } from '../squad/python-json.ts';
import {
  float32,
  type EngineSettings,
  type LossScaler,
  type NamedTensors,
  type OptimizerState,
} from '../model/engine.ts';
import { isDecayed, isEmbeddingTable, isRelativeTable } from '../model/parameters.ts';
import { lossScaling } from '../kernels/grad-norm/grad-norm.ts';
import type { LogEntry, TrainerState } from '../training/state.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';
import { baseName, readRange, type ByteSource } from './byte-source.ts';
import { exportModelFiles } from './export.ts';
import { loadWeights } from './load-weights.ts';
import { PyFloat, PyTensor, PyTuple, torchSave, type Saveable } from './torch-save.ts';
import { openTorch } from './torch-file.ts';
import { TensorRef } from './torch-globals.ts';
import type { FileParts } from './stored-zip.ts';
import type { PickleDict, PickleValue } from './unpickle.ts';

/** A run in its middle, as Hugging Face's Trainer keeps it in checkpoint-N. */
export interface TrainerCheckpoint {
  weights: NamedTensors;
  optimizer: OptimizerState;
  state: TrainerState;
  settings: OptimizerSettings;
  /** Rate of the next step, as scheduler.pt has it. */
  nextLearningRate: number;
}

export type OptimizerSettings = Pick<
  TrainingArguments,
  'learning_rate' | 'weight_decay' | 'adam_beta1' | 'adam_beta2' | 'adam_epsilon'
>;

const moments = ['exp_avg', 'exp_avg_sq'] as const;
const MAX_STATE_BYTES = 2 ** 28;

/** The Trainer numbers the trained parameters group by group: those with weight decay, then biases and LayerNorms. */
function parameterGroups(
  names: Iterable<string>,
  { freeze_embeddings }: Pick<EngineSettings, 'freeze_embeddings'>,
): [decayed: string[], others: string[]] {
  const all = [...names].filter((name) => !freeze_embeddings || !isEmbeddingTable(name));
  return [all.filter((name) => isDecayed(name)), all.filter((name) => !isDecayed(name))];
}

/** A run in its middle with all that the Trainer writes down about it. */
export interface TrainerRun {
  weights: NamedTensors;
  optimizer: OptimizerState;
  state: TrainerState;
  args: TrainingArguments;
  /** Of step global_step + 1. */
  nextLearningRate: number;
}

/**
 * The files of a checkpoint-N that Trainer.train(resume_from_checkpoint=...) goes on from, by name: the model folder, optimizer.pt,
 * scheduler.pt, trainer_state.json, and with fp16 scaler.pt. `names` are the parameters in the order of named_parameters(). Throws
 * ManabiError trainer-optimizer where a moment is missing.
 */
export function trainerCheckpointFiles(
  files: Readonly<Record<string, Uint8Array>>,
  run: TrainerRun,
  names: Iterable<string>,
): Map<string, FileParts> {
  const { state, args } = run;
  const card = `Checkpoint of step ${state.global_step} of ${state.max_steps}.\n`;
  const json = writePythonJson({ ...trainerStateDefaults, ...state, ...stepsOf(state, args) });
  return new Map([
    ...exportModelFiles(files, run.weights, card),
    ['optimizer.pt', torchSave('optimizer', optimizerState(run, names))],
    ['scheduler.pt', torchSave('scheduler', schedulerState(run))],
    ['trainer_state.json', [new TextEncoder().encode(`${json}\n`)]],
    ...scalerFile(run.optimizer),
  ]);
}

function optimizerState(
  { optimizer, state, args, nextLearningRate }: TrainerRun,
  names: Iterable<string>,
): Saveable {
  const groups = parameterGroups(names, args);
  // Adam does not count the steps that the scaling of the loss skipped.
  const steps = state.global_step - (optimizer.scaler?.skipped_steps ?? 0);
  const saved = new Map<number, Saveable>();
  for (const name of groups.flat()) {
    const step = new PyTensor([], Float32Array.of(steps));
    const [first, second] = moments.map((moment) => {
      const tensor = optimizer[moment].get(name);
      if (!tensor)
        throw new ManabiError('trainer-optimizer', 'optimizer.pt', { reason: `${name}.${moment}` });
      return new PyTensor(tensor.shape, tensor.data);
    });
    const moment = new Map([
      ['step', step],
      ['exp_avg', first],
      ['exp_avg_sq', second],
    ]);
    saved.set(saved.size, moment);
  }
  const group = (weightDecay: number, from: number, count: number) =>
    new Map<string, Saveable>([
      ['weight_decay', new PyFloat(weightDecay)],
      ['lr', new PyFloat(nextLearningRate)],
      ['betas', new PyTuple([new PyFloat(args.adam_beta1), new PyFloat(args.adam_beta2)])],
      ['eps', new PyFloat(args.adam_epsilon)],
      ['amsgrad', false],
      ['maximize', false],
      ['foreach', null],
      ['capturable', false],
      ['differentiable', false],
      // adamw_torch_fused is the Trainer's default.
      ['fused', true],
      ['decoupled_weight_decay', true],
      ['initial_lr', new PyFloat(args.learning_rate)],
      ['params', Array.from({ length: count }, (_, i) => from + i)],
    ]);
  const [decayed, others] = groups;
  const paramGroups = [group(args.weight_decay, 0, decayed.length), group(0, decayed.length, others.length)];
  return new Map<string, Saveable>([
    ['state', saved],
    ['param_groups', paramGroups],
  ]);
}

function schedulerState({ state, args, nextLearningRate }: TrainerRun): Saveable {
  const twice = (value: Saveable) => [value, value];
  return new Map<string, Saveable>([
    ['base_lrs', twice(new PyFloat(args.learning_rate))],
    ['last_epoch', state.global_step],
    ['_step_count', state.global_step + 1],
    ['_is_initial', false],
    ['_get_lr_called_within_step', false],
    ['_last_lr', twice(new PyFloat(nextLearningRate))],
    // LambdaLR keeps the attributes of its functions: a partial has none, the plain function of `constant` gives null.
    ['lr_lambdas', twice(args.lr_scheduler_type === 'constant' ? null : new Map())],
  ]);
}

/** scaler.pt: torch.amp.GradScaler's state_dict. */
function scalerFile({ scaler }: OptimizerState): [string, FileParts][] {
  if (!scaler) return [];
  const state = new Map<string, Saveable>([
    ['scale', new PyFloat(scaler.loss_scale)],
    ['growth_factor', new PyFloat(lossScaling.growth_factor)],
    ['backoff_factor', new PyFloat(lossScaling.backoff_factor)],
    ['growth_interval', lossScaling.growth_interval],
    ['_growth_tracker', scaler.growth_tracker],
  ]);
  return [['scaler.pt', torchSave('scaler', state)]];
}

/** Fields of transformers' TrainerState that have one value here. */
const trainerStateDefaults = {
  best_model_checkpoint: null,
  is_hyper_param_search: false,
  is_local_process_zero: true,
  is_world_process_zero: true,
  logging_steps: 1,
  num_input_tokens_seen: 0,
  stateful_callbacks: {},
  total_flos: 0,
  trial_name: null,
  trial_params: null,
};

function stepsOf(state: TrainerState, { eval_steps, save_steps }: TrainingArguments) {
  return { eval_steps, save_steps, num_train_epochs: Math.ceil(state.num_train_epochs) };
}

/**
 * Reads a checkpoint-N of Hugging Face's Trainer among its files: weights, both moments by parameter name, the run's state.
 * `expected` are the model's parameters in the order of named_parameters(); `settings` those of the run. Throws ManabiError: trainer-file (which one is missing),
 * trainer-state, trainer-optimizer, and what loadWeights and the torch reader throw.
 */
export async function readTrainerCheckpoint(
  files: readonly ByteSource[],
  expected: ReadonlyMap<string, readonly number[]>,
  settings: Pick<EngineSettings, 'freeze_embeddings'> = float32,
): Promise<TrainerCheckpoint> {
  const file = (name: string): ByteSource => {
    const found = files.find((source) => baseName(source.name) === name);
    if (!found)
      throw new ManabiError('trainer-file', files.map((source) => source.name).join(', '), { file: name });
    return found;
  };
  const state = await readState(file('trainer_state.json'));
  const scaled = files.find((source) => baseName(source.name) === 'scaler.pt');
  const isScaled = scaled !== undefined;
  const { nextLearningRate, learning_rate } = await readScheduler(file('scheduler.pt'), state, isScaled);
  const groups = parameterGroups(expected.keys(), settings);
  const found = await readOptimizer(file('optimizer.pt'), expected, groups, state);
  // Without scaling every step counts.
  if (!scaled && found.steps !== state.global_step) {
    throw new ManabiError('trainer-optimizer', file('optimizer.pt').name, { reason: `step ${found.steps}` });
  }
  const scaler = scaled && (await readScaler(scaled, state.global_step - found.steps));
  const { tensors, missing } = await loadWeights(files, expected);
  if (missing.length > 0) throw new ManabiError('weights-missing', '', { tensor: missing[0] });
  return {
    weights: tensors,
    optimizer: { ...found.optimizer, ...(scaler ? { scaler } : {}) },
    state,
    settings: { ...found.settings, learning_rate },
    nextLearningRate,
  };
}

async function readScaler(source: ByteSource, skipped_steps: number): Promise<LossScaler> {
  const { value } = await openTorch(source);
  const [loss_scale, growth_tracker] = ['scale', '_growth_tracker'].map((key) => {
    const found = asDict(value)?.get(key);
    if (typeof found !== 'number')
      throw new ManabiError('trainer-state', source.name, { key, wanted: 'number' });
    return found;
  });
  return { loss_scale, growth_tracker, skipped_steps };
}

async function readState(source: ByteSource): Promise<TrainerState> {
  const wrong = (key: string, wanted: string) =>
    new ManabiError('trainer-state', source.name, { key, wanted });
  if (source.size > MAX_STATE_BYTES) throw wrong('(top)', 'JSON');
  const bytes = await readRange(source, 0, source.size);
  refuseStandIn(source.name, bytes);
  let parsed: unknown;
  try {
    parsed = parsePythonJson(new TextDecoder().decode(bytes));
  } catch {
    throw wrong('(top)', 'JSON');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw wrong('(top)', 'object');
  const found = parsed as Record<string, unknown>;
  // Of what is not there or null, load_from_json takes its default.
  const number = (key: string, otherwise: number, least = 0): number => {
    const value = found[key] ?? otherwise;
    if (typeof value !== 'number' || !Number.isFinite(value) || value < least)
      throw wrong(key, 'number >= 0');
    return value;
  };
  const optional = (key: string) => (typeof found[key] === 'number' ? found[key] : null);
  const log = found.log_history ?? [];
  if (!Array.isArray(log)) throw wrong('log_history', 'list');
  return {
    global_step: number('global_step', 0),
    max_steps: number('max_steps', 0, -Infinity),
    epoch: number('epoch', 0),
    num_train_epochs: number('num_train_epochs', 0),
    train_batch_size: optional('train_batch_size'),
    best_metric: optional('best_metric'),
    best_global_step: optional('best_global_step'),
    log_history: log.filter((entry) => typeof entry === 'object' && entry !== null) as LogEntry[],
  };
}

async function readScheduler(source: ByteSource, state: TrainerState, isScaled: boolean) {
  const { value } = await openTorch(source);
  const wrong = (key: string, wanted: string) =>
    new ManabiError('trainer-state', source.name, { key, wanted });
  const dict = asDict(value) ?? new Map();
  const steps = dict.get('last_epoch');
  // accelerate does not step the scheduler where the scaling of the loss skipped the update.
  const fits =
    steps === state.global_step || (isScaled && typeof steps === 'number' && steps < state.global_step);
  if (!fits) throw wrong('last_epoch', String(state.global_step));
  const rate = (key: string): number => {
    const rates = dict.get(key);
    const first = Array.isArray(rates) ? rates[0] : null;
    if (typeof first !== 'number') throw wrong(key, 'list of numbers');
    return first;
  };
  return { learning_rate: rate('base_lrs'), nextLearningRate: rate('_last_lr') };
}

async function readOptimizer(
  source: ByteSource,
  expected: ReadonlyMap<string, readonly number[]>,
  names: [decayed: string[], others: string[]],
  state: TrainerState,
) {
  const wrong = (reason: string) => new ManabiError('trainer-optimizer', source.name, { reason });
  const file = await openTorch(source);
  const saved = asDict(asDict(file.value)?.get('state'));
  const listed = asDict(file.value)?.get('param_groups');
  const groups = Array.isArray(listed) ? listed.map((group) => asDict(group) ?? new Map()) : [];
  if (!saved || groups.length !== names.length) throw wrong('param_groups');
  const refs = { exp_avg: new Map<string, TensorRef>(), exp_avg_sq: new Map<string, TensorRef>() };
  const steps = new Map<string, TensorRef>();
  const counts = new Set<number>();
  const untouched: string[] = [];
  for (const [g, group] of groups.entries()) {
    const ids = group.get('params');
    if (!Array.isArray(ids) || ids.length !== names[g].length) throw wrong(`param_groups[${g}].params`);
    for (const [i, name] of names[g].entries()) {
      const id = ids[i];
      const entry = typeof id === 'number' ? asDict(saved.get(id)) : null;
      // Of what got no gradient torch keeps nothing: relative embeddings without c2p and p2c.
      if (!entry && isRelativeTable(name)) {
        untouched.push(name);
        continue;
      }
      const step = entry?.get('step');
      if (step instanceof TensorRef) steps.set(name, step);
      else if (typeof step === 'number') counts.add(step);
      for (const moment of moments) {
        const tensor = entry?.get(moment);
        const fits = tensor instanceof TensorRef && tensor.shape.join() === expected.get(name)?.join();
        if (!fits) throw wrong(`${name}.${moment}`);
        refs[moment].set(name, tensor);
      }
    }
  }
  for (const { data } of (await file.read(steps)).values()) for (const count of data) counts.add(count);
  const [counted, ...others] = counts;
  if (counted === undefined || others.length > 0 || counted > state.global_step) throw wrong('step');
  const [exp_avg, exp_avg_sq] = [await file.read(refs.exp_avg), await file.read(refs.exp_avg_sq)];
  for (const name of untouched) {
    const shape = [...(expected.get(name) ?? [])];
    const size = shape.reduce((product, length) => product * length, 1);
    for (const moment of [exp_avg, exp_avg_sq]) moment.set(name, { shape, data: new Float32Array(size) });
  }
  return { optimizer: { exp_avg, exp_avg_sq }, settings: settingsOf(groups[0], wrong), steps: counted };
}

function settingsOf(group: PickleDict, wrong: (reason: string) => ManabiError) {
  const betas = group.get('betas');
  const [adam_beta1, adam_beta2] = Array.isArray(betas) ? betas : [];
  const weight_decay = group.get('weight_decay');
  const adam_epsilon = group.get('eps');
  const numbers = [adam_beta1, adam_beta2, weight_decay, adam_epsilon];
  if (!numbers.every((value) => typeof value === 'number')) throw wrong('param_groups[0]');
  return { adam_beta1, adam_beta2, weight_decay, adam_epsilon } as Omit<OptimizerSettings, 'learning_rate'>;
}

function asDict(value: PickleValue | undefined): PickleDict | null {
  return value instanceof Map ? value : null;
}
