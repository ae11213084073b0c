import { proxy, transfer, wrap, type Remote } from 'comlink';
import type { Evaluation } from '../answering/evaluation.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { getEvaluation, getMetrics, type ModelDescription, type Run } from '../storage/runs.ts';
import type { LogEntry } from '../training/state.ts';
import { checkFits, type RunMemory, type SmallerRun } from '../training/run-memory.ts';
import type { Progress, TrainingEvent } from '../training/train.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';
import {
  unwrap,
  type Backend,
  type DataFile,
  type Device,
  type LoadedModel,
  type PreparedData,
  type Reply,
  type Role,
  type TokenizerWorker,
  type TrainerWorker,
} from '../workers/protocol.ts';
import { modelCard } from './model-card.ts';
import { presets, type PresetName } from './presets.ts';

export type Phase =
  'idle' | 'fetching' | 'loading' | 'tokenizing' | 'evaluating' | 'training' | 'paused' | 'saving';
export type Card = 'device' | 'data' | 'model' | 'training' | 'runs' | 'ask' | 'download';

const builtInFiles = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'spm.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
];
const MAX_RECOVERIES = 3;
const KEEP_GPU = 'manabi-keep-software-gpu';

interface ModelChoice {
  files: Record<string, Blob>;
  description: Omit<ModelDescription, 'fingerprint'>;
}

/** What the page knows and does: the two workers, the chosen data and model, the run and its results. */
class Session {
  device = $state<Device | null>(null);
  /** The software GPU that was left for the faster CPU. */
  leftGpu = $state<string | null>(null);
  data = $state.raw<Record<Role, DataFile | null>>({ train: null, evaluation: null });
  modelName = $state<string | null>(null);
  model = $state.raw<LoadedModel | null>(null);
  preset = $state<PresetName>('sample');
  args = $state<TrainingArguments>({ ...presets.sample });
  phase = $state<Phase>('idle');
  /** Where the work was asked for. */
  card = $state<Card>('training');
  /** 0..1 of the phase, and when the phase began (ms). */
  done = $state(0);
  since = $state(0);
  progress = $state.raw<Progress | null>(null);
  last = $state.raw<LogEntry | null>(null);
  bytes = $state(0);
  log = $state.raw<LogEntry[]>([]);
  prepared = $state.raw<PreparedData | null>(null);
  /** What the run takes of the GPU, or what would fit; null without a GPU. */
  memory = $state.raw<RunMemory | null>(null);
  before = $state.raw<Evaluation | null>(null);
  after = $state.raw<Evaluation | null>(null);
  /** The run whose log and answers are shown. */
  runId = $state<string | null>(null);
  /** What went wrong without ending the work: a damaged checkpoint, a full disk, a lost GPU. */
  warnings = $state<(ManabiError | Error)[]>([]);
  errors = $state<Partial<Record<Card, ManabiError | Error>>>({});

  private choice: ModelChoice | null = null;
  /** The trainer holds `choice` as it came. */
  private fresh = false;
  private readonly tokenizer: Remote<TokenizerWorker> = wrap(
    new Worker(new URL('../workers/tokenizer.worker.ts', import.meta.url), { type: 'module' }),
  );
  private readonly trainer: Remote<TrainerWorker> = wrap(
    new Worker(new URL('../workers/trainer.worker.ts', import.meta.url), { type: 'module' }),
  );

  constructor() {
    const { port1, port2 } = new MessageChannel();
    void this.tokenizer.serve(transfer(port1, [port1]));
    void this.trainer.connect(transfer(port2, [port2]));
  }

  get busy(): boolean {
    return this.phase !== 'idle';
  }

  /** WebGPU; where it is only a processor that plays GPU, the processor itself, which is faster, unless asked otherwise before. */
  async openBest(): Promise<void> {
    await this.guarded('device', async () => {
      const found = unwrap(await this.trainer.open('webgpu'));
      if (!found.isSoftware || localStorage.getItem(KEEP_GPU)) return this.use(found);
      this.leftGpu = found.name;
      this.use(unwrap(await this.trainer.open('cpu')));
    });
  }

  /** WebGPU in software all the same, on the next visit too. */
  async keepGpu(): Promise<void> {
    localStorage.setItem(KEEP_GPU, 'yes');
    await this.open('webgpu');
  }

  async open(backend: Backend): Promise<void> {
    await this.guarded('device', async () => this.use(unwrap(await this.trainer.open(backend))));
  }

  private use(device: Device): void {
    this.device = device;
    // The model went with the device before.
    this.model = null;
    this.fresh = false;
    if (device.isSoftware) this.choosePreset('quick');
  }

  choosePreset(name: PresetName): void {
    this.preset = name;
    this.args = { ...presets[name] };
  }

  async chooseData(file: File, role: Role): Promise<void> {
    await this.guarded('data', async () =>
      this.take(role, unwrap(await this.tokenizer.readSquad(role, file))),
    );
  }

  async fetchData(urls: Record<Role, string>): Promise<void> {
    await this.guarded('data', async () => {
      for (const role of ['train', 'evaluation'] as const) {
        this.begin('fetching');
        this.take(role, unwrap(await this.tokenizer.fetchSquad(role, urls[role], this.reporter())));
      }
    });
  }

  async chooseModel(files: File[]): Promise<void> {
    await this.guarded('model', async () => {
      const name = files[0].webkitRelativePath.split('/')[0] || files[0].name;
      const byName = Object.fromEntries(files.map((file) => [file.name, file]));
      await this.load({ files: byName, description: { source: 'files', name } });
    });
  }

  async fetchModel(base: string, id: string): Promise<void> {
    await this.guarded('model', async () => {
      this.begin('fetching');
      const files = unwrap(await this.tokenizer.fetchModel(base, id, this.reporter()));
      await this.load({ files, description: { source: 'hub', name: id } });
    });
  }

  /** The main job: evaluate, train, evaluate. What has not been chosen is the built-in one. */
  async run(): Promise<void> {
    await this.guarded('training', async () => {
      this.reset();
      await this.fillIn();
      await this.prepare();
      await this.reserve();
      const runId = unwrap(await this.trainer.begin(this.preset, this.settings()));
      this.runId = runId;
      this.before = await this.score({ runId, when: 'before' });
      await this.trainAndScore(runId);
    });
  }

  /** The main job with settings that fit. */
  async runSmaller(settings: SmallerRun): Promise<void> {
    this.args = { ...this.args, ...settings };
    await this.run();
  }

  /** Goes on with a stored run from its last checkpoint. */
  async continueRun(run: Run): Promise<void> {
    await this.guarded('training', async () => {
      await this.show(run);
      this.begin('tokenizing');
      this.prepared = unwrap(await this.tokenizer.prepareRun(run.id, this.reporter()));
      await this.reserve();
      await this.trainAndScore(run.id);
    });
  }

  /** Shows a stored run; its model answers questions and can be saved. */
  async openRun(run: Run): Promise<void> {
    await this.guarded('runs', async () => {
      await this.show(run);
      this.begin('tokenizing');
      this.prepared = unwrap(await this.tokenizer.prepareRun(run.id, this.reporter()));
      this.after = await getEvaluation(run.id, 'after');
      if (!this.after) this.after = await this.score({ runId: run.id, when: 'after' });
    });
  }

  /** Scores the chosen model as it is. */
  async evaluate(): Promise<void> {
    await this.guarded('training', async () => {
      this.reset();
      await this.fillIn();
      await this.prepare();
      this.after = await this.score(null);
    });
  }

  pause(): void {
    void this.trainer.pause();
  }

  resume(): void {
    void this.trainer.resume();
  }

  /** Ends whatever is going on. */
  stop(): void {
    void this.tokenizer.cancel();
    void this.trainer.stop();
  }

  async ask(question: string, context: string) {
    let found: { answer: string; score: number; start: number; end: number }[] = [];
    await this.guarded('ask', async () => {
      // What is held answers: after a run the trained model, not the chosen one anew.
      if (!this.model) await this.fillIn();
      found = unwrap(await this.trainer.ask(question, context));
    });
    return found;
  }

  /** The model as a zip, or null after an error. */
  async download(): Promise<Blob | null> {
    return this.saved(async () => {
      const names = { train: this.data.train?.name, evaluation: this.data.evaluation?.name };
      const card = modelCard(this.modelName ?? '', names, this.settings(), this.after);
      return new Blob([unwrap(await this.trainer.download(card))]);
    });
  }

  /** The last checkpoint with the script that goes on in Python, or null after an error. */
  async downloadCheckpoint(): Promise<Blob | null> {
    return this.saved(async () => unwrap(await this.trainer.downloadCheckpoint(this.runId ?? '')));
  }

  private async saved(work: () => Promise<Blob>): Promise<Blob | null> {
    let zip: Blob | null = null;
    await this.guarded('download', async () => {
      this.begin('saving');
      zip = await work();
    });
    return zip;
  }

  private take(role: Role, file: DataFile): void {
    this.data = { ...this.data, [role]: file };
  }

  private reset(): void {
    this.before = this.after = this.progress = this.last = this.prepared = this.memory = null;
    this.runId = null;
    this.log = [];
    this.warnings = [];
  }

  private async show(run: Run): Promise<void> {
    if (!this.device) await this.openBest();
    this.reset();
    this.begin('loading');
    this.fresh = false;
    const { model, damaged } = unwrap(await this.trainer.restore(run.id));
    this.model = model;
    this.modelName = run.model.name;
    this.preset = run.recipe in presets ? (run.recipe as PresetName) : 'notebook';
    this.args = { ...run.args };
    this.runId = run.id;
    this.log = await getMetrics(run.id);
    this.before = await getEvaluation(run.id, 'before');
    this.warnings = damaged.map((message) => new Error(message));
  }

  private async trainAndScore(runId: string): Promise<void> {
    for (let losses = 0; ; losses++) {
      try {
        this.begin('training');
        this.fresh = false;
        const onEvent = proxy((event: TrainingEvent, bytes: number) => this.onEvent(event, bytes));
        const onStorageError = proxy((error: Reply<never>) => this.warn(error));
        unwrap(await this.trainer.train(runId, onEvent, onStorageError));
        this.after = await this.score({ runId, when: 'after' });
        return;
      } catch (error) {
        const lost = error instanceof ManabiError && error.code === 'gpu-lost';
        if (!lost || losses === MAX_RECOVERIES) throw error;
        this.warnings = [...this.warnings, error];
        await this.reopen();
        this.model = unwrap(await this.trainer.restore(runId)).model;
      }
    }
  }

  /** A new device for one that is lost or has failed. The model went with it. */
  private async reopen(): Promise<void> {
    this.model = null;
    this.fresh = false;
    this.device = unwrap(await this.trainer.open(this.device?.backend ?? 'webgpu'));
  }

  private warn(error: Reply<never>): void {
    try {
      unwrap(error);
    } catch (thrown) {
      this.warnings = [...this.warnings, thrown as Error];
    }
  }

  private async fillIn(): Promise<void> {
    if (!this.device) await this.openBest();
    const fetched = async (path: string) => (await fetch(path)).blob();
    for (const [role, name] of [
      ['train', 'train.json'],
      ['evaluation', 'valid.json'],
    ] as const) {
      if (this.data[role]) continue;
      const file = new File([await fetched(`./sample/${name}`)], name);
      this.take(role, unwrap(await this.tokenizer.readSquad(role, file)));
    }
    if (!this.choice) {
      const blobs = builtInFiles.map(async (name) => [name, await fetched(`./model/${name}`)] as const);
      const files = Object.fromEntries(await Promise.all(blobs));
      await this.load({ files, description: { source: 'built-in', name: 'manabi-small' } });
    } else if (!this.fresh) await this.load(this.choice);
  }

  private async load(choice: ModelChoice): Promise<void> {
    if (!this.device) await this.openBest();
    if (this.phase === 'idle') this.begin('loading');
    this.model = unwrap(await this.trainer.load(choice.files, choice.description, this.args.seed));
    this.choice = choice;
    this.fresh = true;
    this.modelName = choice.description.name;
  }

  private async prepare(): Promise<void> {
    this.begin('tokenizing');
    const files = this.choice?.files ?? {};
    this.prepared = unwrap(await this.tokenizer.prepare(files, this.settings(), this.reporter()));
  }

  /** Throws ManabiError when the run does not fit on the GPU; `memory` tells what would. */
  private async reserve(): Promise<void> {
    if (!this.prepared || this.prepared.rows.train === 0) return;
    this.memory = unwrap(await this.trainer.reserve(this.settings(), this.prepared.longest));
    if (this.memory) checkFits(this.memory, this.device?.name ?? '');
  }

  private async score(store: Parameters<TrainerWorker['evaluate']>[0]): Promise<Evaluation> {
    this.begin('evaluating');
    return unwrap(await this.trainer.evaluate(store, this.reporter()));
  }

  /** An empty number field is undefined: for the sample sizes it means all. */
  private settings(): TrainingArguments {
    const args = $state.snapshot(this.args);
    return {
      ...args,
      max_train_samples: args.max_train_samples ?? null,
      max_eval_samples: args.max_eval_samples ?? null,
    };
  }

  private begin(phase: Phase): void {
    this.phase = phase;
    this.done = 0;
    this.since = Date.now();
  }

  private reporter() {
    return proxy((done: number, total: number) => {
      this.done = total > 0 ? done / total : 0;
    });
  }

  private onEvent(event: TrainingEvent, bytes: number): void {
    this.bytes = bytes;
    if (event.type === 'start') {
      // What came after the checkpoint will come again.
      this.log = this.log.filter(({ step }) => step <= event.state.global_step);
    } else if (event.type === 'steps') {
      this.log = [...this.log, ...event.entries];
      this.last = event.entries.at(-1) ?? null;
      this.progress = event.progress;
      this.done = event.progress.step / event.progress.totalSteps;
    } else if (event.type === 'evaluation') this.log = [...this.log, event.entry];
    else if (event.type === 'paused') this.phase = 'paused';
    else if (event.type === 'resumed') this.phase = 'training';
  }

  /** An error belongs to the card where the work was asked for; everything else stays as it was. */
  private async guarded(card: Card, work: () => Promise<void>): Promise<void> {
    delete this.errors[card];
    this.card = card;
    try {
      await work();
    } catch (error) {
      this.errors[card] = error instanceof Error ? error : new Error(String(error));
      const broken = error instanceof ManabiError && ['gpu-lost', 'gpu-error'].includes(error.code);
      // Without a device the page asks for one at the next work.
      if (broken) await this.reopen().catch(() => (this.device = null));
    } finally {
      this.phase = 'idle';
    }
  }
}

export const session = new Session();
