import { proxy, wrap, type Remote } from 'comlink';
import type { Ceiling } from '../answering/ceiling.ts';
import type { Evaluation } from '../answering/evaluation.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { sampleExamples } from '../squad/sample.ts';
import type { TokenizerFiles } from '../tokenizer/read.ts';
import type { LogEntry } from '../training/state.ts';
import type { Progress, TrainingEvent } from '../training/train.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';
import { unwrap, type Backend, type DataFile, type Device, type LoadedModel } from '../workers/protocol.ts';
import type { TokenizerWorker, TrainerWorker } from '../workers/protocol.ts';
import { presets, type PresetName } from './presets.ts';

export type Phase = 'idle' | 'tokenizing' | 'evaluating' | 'training' | 'paused';
export type Card = 'device' | 'data' | 'model' | 'training' | 'ask';

const builtInFiles = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'spm.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
];

/** What the page knows and does: the two workers, the chosen data and model, the run and its results. */
class Session {
  device = $state<Device | null>(null);
  data = $state.raw<{ train: DataFile | null; evaluation: DataFile | null }>({
    train: null,
    evaluation: null,
  });
  modelName = $state<string | null>(null);
  model = $state.raw<LoadedModel | null>(null);
  preset = $state<PresetName>('sample');
  args = $state<TrainingArguments>({ ...presets.sample });
  phase = $state<Phase>('idle');
  /** 0..1 of the phase. */
  done = $state(0);
  progress = $state.raw<Progress | null>(null);
  last = $state.raw<LogEntry | null>(null);
  bytes = $state(0);
  log = $state.raw<LogEntry[]>([]);
  ceiling = $state.raw<Ceiling | null>(null);
  lengths = $state.raw<{ shortest: number; mean: number; longest: number } | null>(null);
  before = $state.raw<Evaluation | null>(null);
  after = $state.raw<Evaluation | null>(null);
  errors = $state<Partial<Record<Card, ManabiError | Error>>>({});

  private files: Record<string, Uint8Array> = {};
  private readonly tokenizer: Remote<TokenizerWorker> = wrap(
    new Worker(new URL('../workers/tokenizer.worker.ts', import.meta.url), { type: 'module' }),
  );
  private readonly trainer: Remote<TrainerWorker> = wrap(
    new Worker(new URL('../workers/trainer.worker.ts', import.meta.url), { type: 'module' }),
  );

  get busy(): boolean {
    return this.phase !== 'idle';
  }

  async open(backend: Backend): Promise<void> {
    await this.guarded('device', async () => {
      this.device = unwrap(await this.trainer.open(backend));
      if (this.device.isSoftware) this.choosePreset('quick');
    });
  }

  choosePreset(name: PresetName): void {
    this.preset = name;
    this.args = { ...presets[name] };
  }

  async chooseData(file: File, role: 'train' | 'evaluation'): Promise<void> {
    await this.guarded('data', async () => {
      const found = unwrap(await this.tokenizer.readSquad(file));
      this.data = { ...this.data, [role]: found };
    });
  }

  async chooseModel(files: File[]): Promise<void> {
    await this.guarded('model', async () => {
      const read: Record<string, Uint8Array> = {};
      for (const file of files) read[file.name] = new Uint8Array(await file.arrayBuffer());
      await this.loadModel(read, files[0]?.webkitRelativePath.split('/')[0] || files[0]?.name || '');
    });
  }

  /** The main job: evaluate, train, evaluate. What has not been chosen is the built-in one. */
  async run(): Promise<void> {
    await this.guarded('training', async () => {
      await this.fillIn();
      // A run starts from the checkpoint, not from what an earlier run left.
      if (this.after) await this.loadModel(this.files, this.modelName ?? '');
      this.before = this.after = this.progress = this.last = null;
      this.log = [];
      const prepared = await this.prepare();
      this.before = await this.score(prepared.evaluationExamples);
      this.phase = 'training';
      const { train, evaluation } = prepared;
      const onEvent = proxy((event: TrainingEvent, bytes: number) => this.onEvent(event, bytes));
      unwrap(await this.trainer.train({ train, evaluation }, $state.snapshot(this.args), onEvent));
      this.after = await this.score(prepared.evaluationExamples);
    });
  }

  /** Scores the chosen model as it is. */
  async evaluate(): Promise<void> {
    await this.guarded('training', async () => {
      await this.fillIn();
      const prepared = await this.prepare();
      this.after = await this.score(prepared.evaluationExamples);
    });
  }

  pause(): void {
    void this.trainer.pause();
  }

  resume(): void {
    void this.trainer.resume();
  }

  stop(): void {
    void this.trainer.stop();
  }

  async ask(question: string, context: string) {
    let found: { answer: string; score: number; start: number; end: number }[] = [];
    await this.guarded('ask', async () => {
      await this.fillIn();
      found = unwrap(await this.trainer.ask(question, context));
    });
    return found;
  }

  async download(): Promise<Uint8Array<ArrayBuffer> | null> {
    let zip: Uint8Array<ArrayBuffer> | null = null;
    await this.guarded('training', async () => {
      zip = unwrap(await this.trainer.download(this.modelCard()));
    });
    return zip;
  }

  private modelCard(): string {
    const settings = Object.entries(this.args).map(([name, value]) => `- ${name}: ${value}`);
    const percent = (value: number | undefined) =>
      value === undefined ? '-' : `${(100 * value).toFixed(1)} %`;
    const scores = [
      `- Accuracy: ${percent(this.after?.accuracy)}`,
      `- JGLUE EM: ${percent(this.after?.jglue.em)}`,
    ];
    const data = [`- train: ${this.data.train?.name}`, `- evaluation: ${this.data.evaluation?.name}`];
    const base = `Fine-tuned from ${this.modelName} with Manabi, in a browser.`;
    const parts = [base, '## Data', ...data, '', '## Settings', ...settings, '', '## Scores', ...scores];
    return `---\nlanguage: ja\npipeline_tag: question-answering\n---\n\n${parts.join('\n')}\n`;
  }

  private async fillIn(): Promise<void> {
    if (!this.device) await this.open('webgpu');
    const fetched = async (path: string) => (await fetch(path)).blob();
    for (const [role, name] of [
      ['train', 'train.json'],
      ['evaluation', 'valid.json'],
    ] as const) {
      if (!this.data[role]) await this.chooseData(new File([await fetched(`./sample/${name}`)], name), role);
    }
    if (!this.model) {
      const files: Record<string, Uint8Array> = {};
      for (const name of builtInFiles) {
        files[name] = new Uint8Array(await (await fetched(`./model/${name}`)).arrayBuffer());
      }
      await this.loadModel(files, 'manabi-small');
    }
  }

  private async loadModel(files: Record<string, Uint8Array>, name: string): Promise<void> {
    if (!this.device) await this.open('webgpu');
    this.model = unwrap(await this.trainer.load(files, this.args.seed));
    this.files = files;
    this.modelName = name;
  }

  private async prepare() {
    const { max_train_samples, max_eval_samples, seed } = this.args;
    this.phase = 'tokenizing';
    this.done = 0;
    const onProgress = proxy((done: number, total: number) => {
      this.done = done / total;
    });
    const train = sampleExamples(this.data.train?.examples ?? [], max_train_samples, seed);
    const evaluation = sampleExamples(this.data.evaluation?.examples ?? [], max_eval_samples, seed);
    const args = $state.snapshot(this.args);
    const files = this.files as TokenizerFiles;
    const prepared = unwrap(await this.tokenizer.prepare(files, train, evaluation, args, onProgress));
    this.ceiling = prepared.ceiling;
    this.lengths = prepared.lengths;
    return prepared;
  }

  private async score(examples: Parameters<TrainerWorker['evaluate']>[0]): Promise<Evaluation> {
    this.phase = 'evaluating';
    this.done = 0;
    const onProgress = proxy((done: number, total: number) => {
      this.done = done / total;
    });
    return unwrap(await this.trainer.evaluate(examples, onProgress));
  }

  private onEvent(event: TrainingEvent, bytes: number): void {
    this.bytes = bytes;
    if (event.type === 'steps') {
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
    try {
      await work();
    } catch (error) {
      this.errors[card] = error instanceof Error ? error : new Error(String(error));
    } finally {
      if (card === 'training') this.phase = 'idle';
    }
  }
}

export const session = new Session();
