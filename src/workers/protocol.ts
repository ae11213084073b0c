// All that passes between the page and its two workers. Functions are called by comlink; arrays are structured clones.
// Examples, rows, weights never pass through the page: the trainer takes the rows from the tokenizer by a channel of their own.
import type { FoundAnswer } from '../answering/decode.ts';
import type { Evaluation } from '../answering/evaluation.ts';
import type { PreparedFigures, Role, RunRows } from '../answering/prepare-data.ts';
import type { ModelFindings } from '../checkpoint/model-folder.ts';
import { ManabiError, type ErrorCode } from '../errors/manabi-error.ts';
import type { ExportCheck } from '../export/check-export.ts';
import type { HubDestination } from '../export/hub-upload.ts';
import type { ModelFacts } from '../export/model-card.ts';
import type { OnnxType } from '../export/onnx/onnx-types.ts';
import type { PythonType } from '../export/python-folder.ts';
import type { Batch } from '../features/feature.ts';
import type { DeviceRates } from '../engine/work.ts';
import type { Logits, NamedTensors } from '../model/engine.ts';
import type { ParityCounts } from '../parity/run.ts';
import type { ServedGoldens } from '../parity/served.ts';
import type { SquadSummary } from '../squad/describe.ts';
import type { DataOrigin } from '../squad/data-origin.ts';
import type { ExcludedRow, SquadData, SquadExample } from '../squad/example.ts';
import type { ModelDescription, Run, When } from '../storage/runs.ts';
import type { Longest, RunMemory } from '../training/run-memory.ts';
import type { TrainingEvent } from '../training/train.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';
import type { DataPreview, PreviewQuery } from './data-preview.ts';

/** An error as it crosses the worker's border: a ManabiError keeps its code, so that the page can say it in its language. */
export type Reply<T> =
  | { ok: true; value: T }
  | { ok: false; code: ErrorCode; place: string; details: Record<string, string | number> }
  | { ok: false; message: string };

export type { Role };
/** A promise on the worker's side of the border: awaiting it lets a cancel come in. */
export type OnProgress = (done: number, total: number) => void | Promise<void>;

export interface DataFile extends Pick<SquadData, 'form' | 'repairs'> {
  name: string;
  summary: SquadSummary;
  /** The first of the rows left out, to be shown; `summary` counts all of them. */
  excluded: ExcludedRow[];
  /** How many rows `mend` would take in. */
  mendable: number;
}

/** What is told of rows that were prepared, with their first one for the page. */
export interface PreparedData extends PreparedFigures {
  /** The first training row as the model reads it, and the text of its labelled tokens; null for tokenizers with byte pieces. */
  firstRow: { text: string; answer: string } | null;
}

/** What the trainer takes from the tokenizer. */
export interface PreparedRows extends RunRows {
  files: Record<Role, { name: string; origin?: DataOrigin }>;
}

export interface TokenizerWorker {
  /** Keeps the examples of a file for `role`, in place of those before, and where it comes from. */
  readSquad(role: Role, file: File, origin?: DataOrigin): Promise<Reply<DataFile>>;
  /** The same for a file from the network, kept in the store for the next visit. Progress in bytes. */
  fetchSquad(role: Role, url: string, onProgress: OnProgress): Promise<Reply<DataFile>>;
  /** Takes the rows in whose answer certainly stands elsewhere than answer_start says (src/squad/mend-rows.ts). */
  mend(role: Role): Promise<Reply<DataFile>>;
  /** The files of a model of the hub, kept in the store for the next visit. Progress in bytes. */
  fetchModel(base: string, id: string, onProgress: OnProgress): Promise<Reply<Record<string, Blob>>>;
  /** Rows of a file that was read; with `files` (config.json and the tokenizer's) also their tokens. */
  preview(role: Role, query: PreviewQuery, files: Record<string, Blob> | null): Promise<Reply<DataPreview>>;
  /** Checks the settings, then samples, encodes and keeps the rows of the files read. `files`: config.json and the tokenizer's. */
  prepare(
    files: Record<string, Blob>,
    args: TrainingArguments,
    onProgress: OnProgress,
  ): Promise<Reply<PreparedData>>;
  /** The same for the stored examples of a run. */
  prepareRun(runId: string, onProgress: OnProgress): Promise<Reply<PreparedData>>;
  /** Ends what is going on here: it fails with `cancelled` or `download-cancelled`. */
  cancel(): void;
  /** The trainer's end of the channel comes in by `connect` there. */
  serve(port: MessagePort): void;
}

/** What the export worker takes from the trainer: the model held, as it is when it is asked for. */
export interface ModelSource {
  /** config.json and the tokenizer's files, and copies of the weights. */
  model(): Promise<Reply<{ files: Record<string, Uint8Array>; weights: NamedTensors }>>;
  forward(batch: Batch): Promise<Reply<Logits>>;
  /** The evaluation questions of the rows prepared. */
  questions(): Promise<Reply<SquadExample[]>>;
}

/** What can be taken away beside the Trainer's checkpoint. */
export type ExportKind =
  | { kind: 'onnx'; types: OnnxType[] }
  | { kind: 'python'; type: PythonType }
  /** index.html with the model as ONNX of one type and what runs it. */
  | { kind: 'web-page'; type: OnnxType; language: 'ja' | 'en' };

export interface FileListing {
  name: string;
  size: number;
}

/** What the model card tells beside what the worker knows. */
export type CardFacts = Omit<ModelFacts, 'types' | 'measured' | 'header'>;

export interface ExportWorker {
  /** The trainer's end of the channel comes in by `serveModel` there. */
  connect(port: MessagePort): void;
  /** Makes the files of one kind from the model held, in place of those made before, which stay where this fails. Lists them. Progress in bytes. */
  make(kind: ExportKind, facts: CardFacts, onProgress: OnProgress): Promise<Reply<FileListing[]>>;
  /**
   * Answers up to `max_questions` evaluation questions in @xenova/transformers with the ONNX file of this type, among the files made, and
   * compares with the engine. Progress in questions. The measured scores go into the model card.
   */
  check(type: OnnxType, max_questions: number, onProgress: OnProgress): Promise<Reply<ExportCheck>>;
  /** The files made as a zip. */
  zip(): Promise<Reply<Blob>>;
  /** Sends the files made to a repository of a hub, which is created where it is not there; gives its address. Progress in bytes. */
  upload(destination: HubDestination, onProgress: OnProgress): Promise<Reply<string>>;
  /** Ends what is going on here: it fails with `cancelled`. */
  cancel(): void;
  /** Forgets the files made. */
  release(): void;
}

export interface RowSource {
  rows(): PreparedRows;
}

export interface Device {
  name: string;
  backend: Backend;
  /** Of the processor; 0 where a GPU computes. */
  threads: number;
}

/** A machine that was given up for another one. */
export interface LeftMachine {
  /** What computes in its place. */
  to: Backend;
  /** gpu-wrong or gpu-wrong-loss. */
  error: Reply<never>;
  /** All that is known of it, as text to copy. */
  report: string;
}

/** What there is to compute on. */
export interface Computer {
  /** What is used; null until it is found. */
  device: Device | null;
  /** Null where there is none, or it was not looked for. */
  gpuName: string | null;
  /** What the browser tells of the GPU, and its limits; null where none was opened. */
  gpuFacts: Record<string, string | number> | null;
  /** Why there is no GPU. */
  noGpu: ErrorCode | null;
  /** Measured at the widths of the model held, or of the built-in one; null where they are not measured. */
  rates: Record<Backend, DeviceRates | null>;
  left: LeftMachine | null;
}

export interface LoadedModel extends ModelFindings {
  parameters: number;
}

/** What a run tells, and that a checkpoint is being written: of a large model for seconds, until the next event. */
export type RunEvent = TrainingEvent | { type: 'saving' };

/** Our kernels on the GPU, TensorFlow.js on it, our kernels on the processor. */
export type Backend = 'webgpu' | 'tfjs' | 'cpu';

export interface TrainerWorker {
  connect(port: MessagePort): void;
  /**
   * What does the steps of such a model (config.json) fastest, measured within 1.5 s and then remembered, or what a person has asked for before.
   * `threads`: of the processor; null: all but one.
   */
  find(config: unknown, wish: { asked: Backend | null; threads: number | null }): Promise<Reply<Computer>>;
  /** What a person asks for. */
  open(backend: Backend, threads?: number | null): Promise<Reply<Device>>;
  /** What is used now, and what is known of the rest. Work that needs a model may have changed it: a GPU that is wrong is left. */
  computer(): Computer;
  /** Measures all that can be opened, TensorFlow.js too, at the widths of such a model (config.json). */
  measure(config: unknown): Promise<Reply<Computer>>;
  /** config.json, tokenizer files and weights by name; replaces the model held before. */
  load(
    files: Record<string, Blob>,
    model: Omit<ModelDescription, 'fingerprint'>,
    seed: number,
    onProgress: OnProgress,
  ): Promise<Reply<LoadedModel>>;
  /** Takes the GPU memory that a run needs, if it fits, and says what would fit if it does not; null without a GPU. */
  reserve(args: TrainingArguments, longest: Longest): Promise<Reply<RunMemory>>;
  /** What a run of a model that is not held (its config.json) would need of the device's memory. */
  plan(config: unknown, args: TrainingArguments, longest: Longest): Promise<Reply<RunMemory>>;
  /** Stores a new run of the model held and the rows prepared; gives its id. */
  begin(recipe: string, args: TrainingArguments): Promise<Reply<string>>;
  /** The record of a run. Where nothing can be stored it is in this worker's memory alone: the page finds none of its own. */
  run(runId: string): Promise<Reply<Run>>;
  /** Puts the last whole checkpoint of a run in place of the model held; gives how far it is and what was damaged. */
  restore(
    runId: string,
  ): Promise<Reply<{ progress: Run['progress']; parameters: number; damaged: Reply<never>[] }>>;
  /** Trains a run begun or restored; its checkpoints and log go to the store. */
  train(
    runId: string,
    onEvent: (event: RunEvent, bytes: number) => void,
    /**
     * The disk is full or failed: training goes on, the checkpoint is missing. Or (storage-memory, once, before the first step) nothing can be
     * stored: the model is to be downloaded at the end.
     */
    onStorageError: (error: Reply<never>) => void,
  ): Promise<Reply<{ outcome: 'finished' | 'stopped'; progress: Run['progress'] }>>;
  /** Answers the evaluation questions of the rows prepared and, with a run, stores them. */
  evaluate(
    store: { runId: string; when: When } | null,
    onProgress: OnProgress,
    /** There are answers, but those of after the training could not be stored. */
    onStorageError: (error: Reply<never>) => void,
  ): Promise<Reply<Evaluation>>;
  /** A model that could not be made may have cost the one before, whose memory was needed. */
  holdsModel(): boolean;
  pause(): void;
  resume(): void;
  /** Ends training with a checkpoint; a loading or an evaluation at once. */
  stop(): void;
  /** Progress in windows of the context. A stop ends it with `cancelled`. */
  ask(question: string, context: string, onProgress: OnProgress): Promise<Reply<FoundAnswer[]>>;
  /** The export worker's end of the channel comes in by `connect` there. */
  serveModel(port: MessagePort): void;
  /** The model folder as a zip that AutoModelForQuestionAnswering.from_pretrained loads once unpacked. */
  download(facts: CardFacts): Promise<Reply<Blob>>;
  /** The last checkpoint of the run as Hugging Face's Trainer has it, with the script that goes on from it. */
  downloadCheckpoint(runId: string): Promise<Reply<Blob>>;
  /** For the command line: src/parity/ over recorded values, with the engine that trains; lines as they come. */
  checkParity(
    given: ServedGoldens,
    print: (line: string) => void | Promise<void>,
  ): Promise<Reply<ParityCounts>>;
}

/** In a worker: the value, or the error in a form that survives the way. */
export async function reply<T>(work: () => Promise<T>): Promise<Reply<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return failure(error);
  }
}

export function failure(error: unknown): Reply<never> {
  if (error instanceof ManabiError) {
    return { ok: false, code: error.code, place: error.place, details: error.details };
  }
  return { ok: false, message: error instanceof Error ? error.message : String(error) };
}

/** In the page: the value, or the error thrown again. */
export function unwrap<T>(received: Reply<T>): T {
  if (received.ok) return received.value;
  if ('code' in received) throw new ManabiError(received.code, received.place, received.details);
  throw new Error(received.message);
}
