// All that passes between the page and its two workers. Functions are called by comlink; arrays are structured clones.
import type { Evaluation } from '../answering/evaluation.ts';
import type { FoundAnswer } from '../answering/decode.ts';
import type { Ceiling } from '../answering/ceiling.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { ErrorCode } from '../errors/messages.ts';
import type { Feature } from '../features/feature.ts';
import type { SquadSummary } from '../squad/describe.ts';
import type { SquadExample } from '../squad/example.ts';
import type { TokenizerFiles } from '../tokenizer/read.ts';
import type { TrainingEvent } from '../training/train.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';

/** An error as it crosses the worker's border: a ManabiError keeps its code, so that the page can say it in its language. */
export type Reply<T> =
  | { ok: true; value: T }
  | { ok: false; code: ErrorCode; place: string; details: Record<string, string | number> }
  | { ok: false; message: string };

export interface DataFile {
  name: string;
  summary: SquadSummary;
  examples: SquadExample[];
}

export interface PreparedData {
  train: Feature[];
  evaluation: Feature[];
  evaluationExamples: SquadExample[];
  ceiling: Ceiling;
  /** Tokens of the training rows. */
  lengths: { shortest: number; mean: number; longest: number };
}

export interface TokenizerWorker {
  readSquad(file: File): Promise<Reply<DataFile>>;
  prepare(
    files: TokenizerFiles,
    train: SquadExample[],
    evaluation: SquadExample[],
    args: TrainingArguments,
    onProgress: (done: number, total: number) => void,
  ): Promise<Reply<PreparedData>>;
}

export interface Device {
  name: string;
  isSoftware: boolean;
}

export interface LoadedModel {
  parameters: number;
  missing: string[];
  unexpected: string[];
}

export type Backend = 'webgpu' | 'cpu';

export interface TrainerWorker {
  open(backend: Backend): Promise<Reply<Device>>;
  /** config.json, tokenizer files and the weight file; replaces the model held before. */
  load(files: Record<string, Uint8Array>, seed: number): Promise<Reply<LoadedModel>>;
  evaluate(
    examples: SquadExample[],
    onProgress: (done: number, total: number) => void,
  ): Promise<Reply<Evaluation>>;
  train(
    data: { train: Feature[]; evaluation: Feature[] },
    args: TrainingArguments,
    onEvent: (event: TrainingEvent, bytes: number) => void,
  ): Promise<Reply<'finished' | 'stopped'>>;
  pause(): void;
  resume(): void;
  stop(): void;
  ask(question: string, context: string): Promise<Reply<FoundAnswer[]>>;
  /** The model folder as a zip that AutoModelForQuestionAnswering.from_pretrained loads once unpacked. */
  download(card: string): Promise<Reply<Uint8Array<ArrayBuffer>>>;
}

/** In a worker: the value, or the error in a form that survives the way. */
export async function reply<T>(work: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    if (error instanceof ManabiError) {
      return { ok: false, code: error.code, place: error.place, details: error.details };
    }
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

/** In the page: the value, or the error thrown again. */
export function unwrap<T>(received: Reply<T>): T {
  if (received.ok) return received.value;
  if ('code' in received) throw new ManabiError(received.code, received.place, received.details);
  throw new Error(received.message);
}
