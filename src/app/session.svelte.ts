import { proxy } from 'comlink';
import type { Ceiling } from '../answering/ceiling.ts';
import type { Evaluation } from '../answering/evaluation.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import {
  deleteRun,
  getAnswersAt,
  getEvaluation,
  getMetrics,
  getRun,
  type ModelDescription,
  type Run,
} from '../storage/runs.ts';
import { checkFits, type RunMemory, type SmallerRun } from '../training/run-memory.ts';
import { checkArguments, type TrainingArguments } from '../training/training-arguments.ts';
import {
  unwrap,
  type Backend,
  type LoadedModel,
  type PreparedData,
  type Reply,
  type RunEvent,
  type TrainerWorker,
} from '../workers/protocol.ts';
import { builtInModelFiles } from './built-in.ts';
import { data } from './data.svelte.ts';
import { device } from './device.svelte.ts';
import { live } from './live.svelte.ts';
import { modelCard } from './model-card.ts';
import { presets, type PresetName } from './presets.ts';
import { work, type Area } from './work.svelte.ts';
import { tokenizer, trainer } from './workers.ts';

const MAX_RECOVERIES = 3;

interface ModelChoice {
  files: Record<string, Blob>;
  description: Omit<ModelDescription, 'fingerprint'>;
}

/** The model of this run as its training left it, or (null) the chosen one as it came, a new head made with `seed`. */
type Held = { runId: string } | { runId: null; seed: number };

/** The chosen model and settings, the run and its results. */
class Session {
  /** What a run begins from; null: the built-in model. */
  choice = $state.raw<ModelChoice | null>(null);
  /** What was found in its files; null until they are read. */
  model = $state.raw<LoadedModel | null>(null);
  preset = $state<PresetName>('sample');
  args = $state<TrainingArguments>({ ...presets.sample });
  prepared = $state.raw<PreparedData | null>(null);
  /** What `prepared` was made of. */
  private source = $state.raw<readonly unknown[]>([]);
  /** The run whose rows `prepared` describes. */
  private rowsOf: string | null = null;
  /** What the run takes of the GPU, or what would fit; null without a GPU. */
  memory = $state.raw<RunMemory | null>(null);
  before = $state.raw<Evaluation | null>(null);
  after = $state.raw<Evaluation | null>(null);
  /** Of the questions that were scored. */
  ceiling = $state.raw<Ceiling | null>(null);
  /** The run whose log and answers are shown, as far as its model is trained; that model answers questions and is saved. */
  run = $state.raw<Run | null>(null);
  /** How the training or scoring that was asked for last has ended, until it is seen. */
  outcome = $state<'finished' | 'stopped' | 'scored' | null>(null);

  /** What the trainer holds, another object for other weights; null: nothing that could be told. */
  held = $state.raw<Held | null>(null);

  get runId(): string | null {
    return this.run?.id ?? null;
  }

  /** The rows of the data, model and settings as they are chosen now; null until they are made. */
  get measured(): PreparedData | null {
    return this.sources().every((part, i) => part === this.source[i]) ? this.prepared : null;
  }

  /** All that the rows depend on. */
  private sources(): readonly unknown[] {
    const { max_train_samples, max_eval_samples, seed } = this.args;
    const { max_seq_length, doc_stride, return_overflowing_tokens } = this.args;
    const samples = [data.files.train, data.files.evaluation, max_train_samples, max_eval_samples, seed];
    return [...samples, this.choice, max_seq_length, doc_stride, return_overflowing_tokens];
  }

  get usesBuiltIn(): boolean {
    return !data.isOwn && (this.choice?.description.source ?? 'built-in') === 'built-in';
  }

  async openDevice(backend?: Backend): Promise<void> {
    await (backend ? device.open(backend) : device.openBest());
    this.held = null;
    // Settings that were typed before the device was found stay.
    const untouched = JSON.stringify(this.settings()) === JSON.stringify(presets.sample);
    if (device.current?.isSoftware && untouched) this.choosePreset('quick');
  }

  choosePreset(name: PresetName): void {
    this.preset = name;
    this.args = { ...presets[name] };
  }

  /** The lengths in tokens with the chosen model's tokenizer and settings. */
  async measure(): Promise<void> {
    await work.guarded('data', () => this.prepare());
  }

  async chooseModel(files: File[], name: string): Promise<void> {
    await this.guarded('model', async () => {
      const byName = Object.fromEntries(files.map((file) => [file.name, file]));
      await this.replaceModel({ files: byName, description: { source: 'files', name } });
    });
  }

  async fetchModel(base: string, id: string): Promise<void> {
    await this.guarded('model', async () => {
      work.begin('fetching');
      const files = unwrap(await tokenizer.fetchModel(base, id, work.reporter()));
      await this.replaceModel({ files, description: { source: 'hub', name: id } });
    });
  }

  /** Back to the built-in model. */
  clearModel(): void {
    delete work.errors.model;
    this.choice = this.model = this.memory = this.held = null;
    this.clearResults();
  }

  /** The main job: evaluate, train, evaluate. What has not been chosen is the built-in one. */
  async start(): Promise<void> {
    await this.guarded('training', async () => {
      await this.prepare();
      this.checkQuestions(true);
      await this.hold();
      await this.reserve();
      const runId = unwrap(await trainer.begin(this.preset, this.settings()));
      const before = await this.score({ runId, when: 'before' }).catch(async (error: unknown) => {
        // Nothing of it could be gone on from.
        await deleteRun(runId).catch(() => {});
        throw error;
      });
      const run = await getRun(runId);
      this.clearResults();
      this.before = before;
      this.run = run;
      this.rowsOf = runId;
      await this.trainAndScore(run);
    });
  }

  /** The main job with settings that fit. */
  async runSmaller(settings: SmallerRun): Promise<void> {
    this.args = { ...this.args, ...settings };
    await this.start();
  }

  /** Goes on with a stored run from its last checkpoint. */
  async continueRun(run: Run): Promise<void> {
    await this.guarded('runs', async () => {
      await this.show(run);
      await this.reserve();
      await this.trainAndScore(this.run ?? run);
    });
  }

  /** Shows a stored run; its model answers questions and can be saved. */
  async openRun(run: Run): Promise<void> {
    await this.guarded('runs', async () => {
      await this.show(run);
      this.after ??= await this.score({ runId: run.id, when: 'after' });
    });
  }

  /** Scores the chosen model as it is. */
  async evaluate(): Promise<void> {
    await this.guarded('training', async () => {
      await this.prepare();
      this.checkQuestions(false);
      await this.hold();
      const after = await this.score(null);
      this.clearResults();
      this.after = after;
      this.outcome = 'scored';
    });
  }

  async ask(question: string, context: string) {
    let found: { answer: string; score: number; start: number; end: number }[] = [];
    await this.guarded('ask', async () => {
      await this.holdShown();
      work.begin('answering');
      found = unwrap(await trainer.ask(question, context));
    });
    return found;
  }

  /** The model as a zip, or null after an error. */
  async download(): Promise<Blob | null> {
    return this.packed(async () => {
      await this.holdShown();
      const { name } = this.run?.model ?? (await this.chosen()).description;
      work.begin('packing');
      return unwrap(await trainer.download(modelCard(name, this.run, this.after)));
    });
  }

  /** The last checkpoint with the script that goes on in Python, or null after an error. */
  async downloadCheckpoint(): Promise<Blob | null> {
    return this.packed(async () => {
      const runId = this.runId ?? '';
      if (this.rowsOf !== runId) await this.prepareRun(runId);
      work.begin('packing');
      return unwrap(await trainer.downloadCheckpoint(runId));
    });
  }

  private async packed(make: () => Promise<Blob>): Promise<Blob | null> {
    let zip: Blob | null = null;
    await this.guarded('download', async () => {
      zip = await make();
    });
    return zip;
  }

  /** Only when there is something to show in their place. */
  private clearResults(): void {
    this.before = this.after = null;
    this.run = this.outcome = null;
    live.show([]);
    work.warnings = [];
  }

  /** Reads what has not been chosen and tokenizes it. */
  private async prepare(): Promise<void> {
    checkArguments(this.settings());
    await data.fill();
    const { files } = await this.chosen();
    work.begin('tokenizing');
    this.rowsOf = null;
    // As they are asked for: the device that is found meanwhile may bring other settings.
    const source = this.sources();
    this.prepared = unwrap(await tokenizer.prepare(files, this.settings(), work.reporter()));
    this.memory = null;
    this.source = source;
  }

  /** The same for the rows of a run, whatever data is chosen. */
  private async prepareRun(runId: string): Promise<void> {
    work.begin('tokenizing');
    this.rowsOf = null;
    this.prepared = unwrap(await tokenizer.prepareRun(runId, work.reporter()));
    this.source = [];
    this.rowsOf = runId;
  }

  /** Throws ManabiError where every question was left out. */
  private checkQuestions(trains: boolean): void {
    const { train, evaluation } = data.files;
    if (trains && this.prepared?.questions.train === 0) {
      throw new ManabiError('training-no-features', train?.name ?? '');
    }
    if (this.prepared?.questions.evaluation === 0) {
      throw new ManabiError('answer-no-questions', evaluation?.name ?? '');
    }
  }

  private async chosen(): Promise<ModelChoice> {
    this.choice ??= {
      files: await builtInModelFiles(),
      description: { source: 'built-in', name: 'manabi-small' },
    };
    return this.choice;
  }

  /** Has the trainer hold the chosen model as it came. */
  private async hold(): Promise<void> {
    await device.require();
    const { held } = this;
    if (held?.runId !== null || held.seed !== this.args.seed) await this.load(await this.chosen());
  }

  /** Has the trainer hold the model whose answers are shown. Work that was cancelled or a lost GPU may have left another, or none. */
  private async holdShown(): Promise<void> {
    await device.require();
    if (this.held?.runId === this.runId) return;
    if (this.run) await this.restore(this.run);
    else await this.hold();
  }

  private async replaceModel(choice: ModelChoice): Promise<void> {
    await device.require();
    await this.load(choice);
    this.choice = choice;
    // What was shown are answers of another model.
    this.clearResults();
    this.prepared = null;
  }

  private async load(choice: ModelChoice): Promise<void> {
    work.begin('loading');
    const { files, description } = choice;
    const { seed } = this.args;
    this.model = unwrap(await trainer.load(files, description, seed, work.reporter()));
    this.memory = null;
    this.held = { runId: null, seed };
  }

  private async show(run: Run): Promise<void> {
    await device.require();
    await this.restore(run);
    this.memory = this.ceiling = null;
    this.preset = run.recipe in presets ? (run.recipe as PresetName) : 'notebook';
    this.args = { ...run.args };
    await this.prepareRun(run.id);
    this.ceiling = this.prepared?.ceiling ?? null;
  }

  /** Has the trainer hold a stored run, and shows what is kept of it: no answers and no log of other weights. */
  private async restore(run: Run): Promise<void> {
    work.begin('loading');
    const { progress, damaged } = unwrap(await trainer.restore(run.id));
    this.held = { runId: run.id };
    this.clearResults();
    for (const error of damaged) work.warn(error);
    this.run = { ...run, progress };
    live.show((await getMetrics(run.id)).filter(({ step }) => step <= progress.step));
    this.before = await getEvaluation(run.id, 'before');
    this.after = await getAnswersAt(run.id, progress.step);
  }

  private async trainAndScore(run: Run): Promise<void> {
    const runId = run.id;
    for (let losses = 0; ; losses++) {
      try {
        work.begin('training');
        // Until the training has come to its end, what is held is of no checkpoint, and may be no numbers any more.
        this.held = this.after = null;
        const onEvent = proxy((event: RunEvent, bytes: number) => live.onEvent(event, bytes));
        const onStorageError = proxy((error: Reply<never>) => work.warn(error));
        const { outcome, progress } = unwrap(await trainer.train(runId, onEvent, onStorageError));
        this.held = { runId };
        this.run = { ...run, progress };
        this.after = await this.score({ runId, when: 'after' });
        this.outcome = outcome;
        return;
      } catch (error) {
        const lost = error instanceof ManabiError && error.code === 'gpu-lost';
        if (!lost || losses === MAX_RECOVERIES) throw error;
        work.warnings = [...work.warnings, error];
        this.held = null;
        await device.reopen();
        const { damaged } = unwrap(await trainer.restore(runId));
        for (const found of damaged) work.warn(found);
      }
    }
  }

  /** Throws ManabiError when the run does not fit on the GPU; `memory` tells what would. */
  private async reserve(): Promise<void> {
    if (!this.prepared || this.prepared.rows.train === 0) return;
    this.memory = unwrap(await trainer.reserve(this.settings(), this.prepared.longest));
    const { backend, name } = device.current ?? { backend: 'cpu', name: '' };
    checkFits(this.memory, backend === 'webgpu' ? 'gpu' : 'cpu', name);
  }

  private async score(store: Parameters<TrainerWorker['evaluate']>[0]): Promise<Evaluation> {
    work.begin('evaluating');
    const onStorageError = proxy((error: Reply<never>) => work.warn(error));
    const scored = unwrap(await trainer.evaluate(store, work.reporter(), onStorageError));
    this.ceiling = this.prepared?.ceiling ?? null;
    return scored;
  }

  /** An empty number field is undefined: for the sample sizes it means all. */
  settings(): TrainingArguments {
    const args = $state.snapshot(this.args);
    return {
      ...args,
      max_train_samples: args.max_train_samples ?? null,
      max_eval_samples: args.max_eval_samples ?? null,
    };
  }

  /** Work that needs the device: when it broke, there is a new one, and what was held went with the old one. */
  private async guarded(area: Area, job: () => Promise<void>): Promise<void> {
    await work.guarded(area, async () => {
      this.outcome = null;
      try {
        await job();
      } catch (error) {
        if ((await device.recover(error)) || !(await trainer.holdsModel())) this.held = null;
        throw error;
      }
    });
  }
}

export const session = new Session();
