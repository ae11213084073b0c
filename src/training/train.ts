import { ManabiError } from '../errors/manabi-error.ts';
import { padBatch } from '../features/batches.ts';
import type { Batch, Feature } from '../features/feature.ts';
import { positionLimit } from '../model/config.ts';
import type { Engine, NamedTensors, OptimizerStep, StepMetrics } from '../model/engine.ts';
import { TrainingControl } from './control.ts';
import { evaluateLoss } from './evaluate-loss.ts';
import { DrainRhythm } from './rhythm.ts';
import { learningRateAt } from './schedule.ts';
import type { LogEntry, TrainerState } from './state.ts';
import { dropoutSeedOf, epochAfter, planSteps, rowOrder, type StepPlan } from './steps.ts';
import { checkArguments, type TrainingArguments } from './training-arguments.ts';

export interface TrainingData {
  train: readonly Feature[];
  /** Empty: no evaluation. */
  evaluation: readonly Feature[];
  padTokenId: number;
}

export interface Progress {
  step: number;
  totalSteps: number;
  epoch: number;
  /** Since this start of the run, pauses left out. */
  examplesPerSecond: number;
  secondsLeft: number;
}

export type TrainingEvent =
  | { type: 'start'; plan: StepPlan; state: TrainerState }
  /** Several steps at once when steps are fast: metrics are read back at most every 10 steps. */
  | { type: 'steps'; entries: LogEntry[]; progress: Progress }
  | { type: 'evaluation-progress'; done: number; total: number }
  | { type: 'evaluation'; entry: LogEntry; best: boolean }
  /** The handler reads weights and moments from the engine; the run goes on when its promise resolves. */
  | { type: 'checkpoint'; state: TrainerState; reason: 'strategy' | 'stop' }
  | { type: 'paused'; state: TrainerState }
  | { type: 'resumed' }
  | { type: 'end'; outcome: 'finished' | 'stopped'; state: TrainerState };

/** Where the weights with the lowest eval_loss wait for the end of the run. */
export interface BestWeights {
  save(weights: NamedTensors, state: TrainerState): Promise<void>;
  /** Those saved at `step`, or null where they are lost. */
  load(step: number): Promise<NamedTensors | null>;
}

export interface TrainingOptions {
  onEvent?: (event: TrainingEvent) => void | Promise<void>;
  control?: TrainingControl;
  /** Ends the run at once, without a checkpoint: `train` rejects with the signal's reason. */
  signal?: AbortSignal;
  /** State of a checkpoint whose weights and moments the caller has written to the engine. */
  resumeFrom?: TrainerState;
  /** Default: kept in memory. */
  best?: BestWeights;
  /** The loss that another machine finds for the first step that is done here; null where it cannot tell. Further away than rounding it is gpu-wrong-loss. */
  expectLoss?: (microBatches: Batch[], step: OptimizerStep) => Promise<number | null>;
  /** Order of the training rows in an epoch. Default: as Hugging Face's sampler for these arguments. */
  order?: (epoch: number) => ArrayLike<number>;
}

/**
 * Hugging Face's Trainer.train for question answering: the same batches, updates and log. Throws ManabiError: training-argument,
 * training-no-features, training-resume, training-not-finite, training-overflow and gpu-wrong-loss (with the step), and what the engine throws.
 * RangeError when the engine was made with other settings.
 */
export async function train(
  engine: Engine,
  data: TrainingData,
  args: TrainingArguments,
  options: TrainingOptions = {},
): Promise<TrainerState> {
  checkArguments(args, positionLimit(engine.config));
  const { fp16, freeze_embeddings } = engine.settings;
  if (fp16 !== args.fp16 || freeze_embeddings !== args.freeze_embeddings) {
    throw new RangeError(`an engine with ${JSON.stringify(engine.settings)} for other arguments`);
  }
  const plan = planSteps(data.train.length, args);
  if (plan.batchesPerEpoch === 0) {
    const rows = data.train.length;
    const details = { rows, batch: args.per_device_train_batch_size };
    throw new ManabiError(rows === 0 ? 'training-no-features' : 'training-no-batch', '', details);
  }
  const state = options.resumeFrom ? continued(options.resumeFrom, plan, args) : freshState(plan, args);
  return new Run(engine, data, args, options, plan, state).go();
}

function freshState({ totalSteps, stepsPerEpoch }: StepPlan, args: TrainingArguments): TrainerState {
  return {
    global_step: 0,
    max_steps: totalSteps,
    epoch: 0,
    num_train_epochs: args.max_steps > 0 ? Math.ceil(totalSteps / stepsPerEpoch) : args.num_train_epochs,
    train_batch_size: args.per_device_train_batch_size,
    best_metric: null,
    best_global_step: null,
    log_history: [],
  };
}

/** Like the Trainer, by the steps and epochs of these arguments, whatever the checkpoint's were. */
function continued(from: TrainerState, plan: StepPlan, args: TrainingArguments): TrainerState {
  const { totalSteps } = plan;
  if (from.global_step > totalSteps) {
    throw new ManabiError('training-resume', '', { found: from.global_step, total: totalSteps });
  }
  const { max_steps, num_train_epochs } = freshState(plan, args);
  return { ...from, max_steps, num_train_epochs, log_history: [...from.log_history] };
}

/** Whether the run of a checkpoint was given more epochs afterwards. */
function isExtended(args: TrainingArguments, state: TrainerState): boolean {
  return args.max_steps <= 0 && args.num_train_epochs > state.num_train_epochs;
}

/** Where the best weights take the place of the last ones at the end of a run: the step they are of, else null. */
export function bestStepAtEnd(args: TrainingArguments, state: TrainerState): number | null {
  const { global_step, max_steps, best_global_step } = state;
  const ends = args.load_best_model_at_end && global_step >= max_steps && !isExtended(args, state);
  return ends && best_global_step !== global_step ? best_global_step : null;
}

/** How far the loss of the first step may be from the one expected, over 1 or the loss where that is more. */
const LOSS_BOUND = { float32: 1e-3, float16: 2e-2 };

/** From its first value to 2^-24 the scale of the loss is halved so often: no gradient is that large. */
const MAX_SKIPPED = 40;

class Run {
  private readonly control: TrainingControl;
  private readonly rhythm = new DrainRhythm();
  private readonly best: BestWeights;
  private readonly firstStep: number;
  private order: { epoch: number; indices: ArrayLike<number> } | null = null;
  private examples = 0;
  /** Steps in a row whose gradients overflowed float16. */
  private skipped = 0;
  private expected: { step: number; loss: number } | null = null;

  constructor(
    private readonly engine: Engine,
    private readonly data: TrainingData,
    private readonly args: TrainingArguments,
    private readonly options: TrainingOptions,
    private readonly plan: StepPlan,
    private readonly state: TrainerState,
  ) {
    this.control = options.control ?? new TrainingControl();
    this.best = options.best ?? inMemory();
    this.firstStep = state.global_step;
  }

  async go(): Promise<TrainerState> {
    const { state, plan } = this;
    await this.emit({ type: 'start', plan, state: this.snapshot() });
    this.rhythm.start();
    while (state.global_step < plan.totalSteps) {
      this.options.signal?.throwIfAborted();
      if (this.control.stopRequested) break;
      if (this.control.paused) await this.wait();
      if (this.control.stopRequested) break;
      if (!(await this.step())) break;
      await this.afterStep();
    }
    await this.drain();
    const finished = state.global_step >= plan.totalSteps;
    if (finished) await this.finish();
    else await this.emit({ type: 'checkpoint', state: this.snapshot(), reason: 'stop' });
    await this.emit({ type: 'end', outcome: finished ? 'finished' : 'stopped', state: this.snapshot() });
    return this.snapshot();
  }

  /** False where a stop came before it had changed the weights. */
  private async step(): Promise<boolean> {
    const { args, state, plan } = this;
    const { stopSignal } = this.control;
    const step = state.global_step + 1;
    const microBatches = this.microBatches(state.global_step);
    const update: OptimizerStep = {
      learning_rate: learningRateAt(args, step, plan.totalSteps),
      adam_beta1: args.adam_beta1,
      adam_beta2: args.adam_beta2,
      adam_epsilon: args.adam_epsilon,
      weight_decay: args.weight_decay,
      max_grad_norm: args.max_grad_norm,
      step,
      dropoutSeed: dropoutSeedOf(args.seed, step),
    };
    if (this.options.expectLoss && state.global_step === this.firstStep) {
      const expect = this.options.expectLoss;
      await this.rhythm.without(async () => {
        const loss = await expect(microBatches, update);
        this.expected = loss === null ? null : { step, loss };
      });
    }
    try {
      await this.engine.trainStep(microBatches, update, stopSignal);
    } catch (error) {
      if (error === stopSignal.reason && stopSignal.aborted) return false;
      throw error;
    }
    for (const { B } of microBatches) this.examples += B;
    state.global_step = step;
    state.epoch = epochAfter(step, plan, args.gradient_accumulation_steps);
    this.rhythm.stepDone();
    return true;
  }

  private async afterStep(): Promise<void> {
    const { args, state, plan } = this;
    const last = state.global_step === plan.totalSteps;
    const endsEpoch = state.global_step % plan.stepsPerEpoch === 0 || last;
    const due = (strategy: 'no' | 'epoch' | 'steps', every: number) =>
      strategy === 'epoch' ? endsEpoch : strategy === 'steps' && (last || state.global_step % every === 0);
    const evaluates = due(args.eval_strategy, args.eval_steps) && this.data.evaluation.length > 0;
    const saves = due(args.save_strategy, args.save_steps);
    if (evaluates || saves || this.rhythm.isDue) await this.drain();
    if (evaluates) await this.rhythm.without(() => this.evaluate());
    if (saves) {
      await this.rhythm.without(() =>
        this.emit({ type: 'checkpoint', state: this.snapshot(), reason: 'strategy' }),
      );
    }
  }

  /** Batches of the optimizer step after `done` steps; the last of an epoch may hold fewer. */
  private microBatches(done: number): Batch[] {
    const { args, data, plan } = this;
    const epoch = Math.floor(done / plan.stepsPerEpoch);
    if (this.order?.epoch !== epoch) {
      const indices = this.options.order?.(epoch) ?? rowOrder(data.train, args, epoch);
      this.order = { epoch, indices };
    }
    const { indices } = this.order;
    const size = args.per_device_train_batch_size;
    const first = (done % plan.stepsPerEpoch) * args.gradient_accumulation_steps;
    const count = Math.min(args.gradient_accumulation_steps, plan.batchesPerEpoch - first);
    return Array.from({ length: count }, (_, micro) => {
      const rows: Feature[] = [];
      const from = (first + micro) * size;
      for (let at = from; at < Math.min(indices.length, from + size); at++)
        rows.push(data.train[indices[at]]);
      return padBatch(rows, data.padTokenId, args);
    });
  }

  private async drain(): Promise<void> {
    const metrics = await this.engine.drainMetrics();
    this.rhythm.drained();
    if (metrics.length === 0) return;
    const entries = metrics.map((found) => this.logEntry(found));
    this.state.log_history.push(...entries);
    await this.emit({ type: 'steps', entries, progress: this.progress() });
  }

  private logEntry({ step, loss, gradNorm }: StepMetrics): LogEntry {
    const { args, plan } = this;
    const refuse = (name: string, value: number) => {
      throw new ManabiError('training-not-finite', '', { step, name, value: String(value) });
    };
    this.holdLoss(step, loss);
    if (!Number.isFinite(loss)) refuse('loss', loss);
    const skipped = !Number.isFinite(gradNorm);
    if (skipped && !args.fp16) refuse('grad_norm', gradNorm);
    this.skipped = skipped ? this.skipped + 1 : 0;
    if (this.skipped > MAX_SKIPPED) {
      throw new ManabiError('training-overflow', '', { step, steps: this.skipped });
    }
    return {
      step,
      epoch: epochAfter(step, plan, args.gradient_accumulation_steps),
      loss,
      ...(skipped ? { skipped: true as const } : { grad_norm: gradNorm }),
      learning_rate: learningRateAt(args, step, plan.totalSteps),
    };
  }

  private holdLoss(step: number, loss: number): void {
    if (step !== this.expected?.step) return;
    const { loss: expected } = this.expected;
    const bound = this.args.fp16 ? LOSS_BOUND.float16 : LOSS_BOUND.float32;
    // What is no number for both is no fault of the machine.
    if (Object.is(loss, expected) || Math.abs(loss - expected) <= bound * Math.max(1, Math.abs(expected)))
      return;
    throw new ManabiError('gpu-wrong-loss', '', { step, loss, expected });
  }

  private async evaluate(): Promise<void> {
    const { args, data, state } = this;
    const eval_loss = await evaluateLoss(this.engine, data.evaluation, data.padTokenId, args, {
      signal: this.options.signal,
      onProgress: (done, total) => this.emit({ type: 'evaluation-progress', done, total }),
    });
    const best = state.best_metric === null || eval_loss < state.best_metric;
    const entry: LogEntry = { step: state.global_step, epoch: state.epoch, eval_loss };
    state.log_history.push(entry);
    if (best) {
      state.best_metric = eval_loss;
      state.best_global_step = state.global_step;
      if (args.load_best_model_at_end) {
        await this.best.save(await this.engine.readWeights(), this.snapshot());
      }
    }
    await this.emit({ type: 'evaluation', entry, best });
  }

  private async finish(): Promise<void> {
    const { args, state } = this;
    const bestStep = bestStepAtEnd(args, state);
    if (bestStep !== null) {
      const weights = await this.best.load(bestStep);
      if (weights) await this.engine.writeWeights(weights);
    }
    const losses = state.log_history.flatMap(({ loss }) => (loss === undefined ? [] : [loss]));
    if (losses.length > 0) {
      const train_loss = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
      state.log_history.push({ step: state.global_step, epoch: state.epoch, train_loss });
    }
  }

  private async wait(): Promise<void> {
    await this.drain();
    await this.emit({ type: 'paused', state: this.snapshot() });
    const { signal } = this.options;
    const aborted = new Promise<void>((resolve) => {
      signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    await this.rhythm.without(() => Promise.race([this.control.untilResumed(), aborted]));
    signal?.throwIfAborted();
    await this.emit({ type: 'resumed' });
  }

  private progress(): Progress {
    const { state, plan, rhythm } = this;
    const steps = state.global_step - this.firstStep;
    const seconds = rhythm.seconds;
    return {
      step: state.global_step,
      totalSteps: plan.totalSteps,
      epoch: state.epoch,
      examplesPerSecond: seconds > 0 ? this.examples / seconds : 0,
      secondsLeft: (plan.totalSteps - state.global_step) * (seconds / Math.max(1, steps)),
    };
  }

  private snapshot(): TrainerState {
    return { ...this.state, log_history: [...this.state.log_history] };
  }

  private async emit(event: TrainingEvent): Promise<void> {
    await this.options.onEvent?.(event);
  }
}

function inMemory(): BestWeights {
  let kept: NamedTensors | null = null;
  return {
    save: async (weights) => {
      kept = weights;
    },
    load: async () => kept,
  };
}
