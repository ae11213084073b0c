import { expose } from 'comlink';
import { answerCeiling } from '../answering/ceiling.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { Feature } from '../features/feature.ts';
import { notebookFeature, windowFeatures } from '../features/features.ts';
import { UnknownCharacterCount } from '../features/unknown-characters.ts';
import { describeSquad } from '../squad/describe.ts';
import type { SquadExample } from '../squad/example.ts';
import { readSquadFile } from '../squad/parse.ts';
import { sampleExamples } from '../squad/sample.ts';
import { downloadFile } from '../storage/downloads.ts';
import { modelFilesFromHub } from '../storage/hub-model.ts';
import { getRun, getRunInputs } from '../storage/runs.ts';
import { createDecoder } from '../tokenizer/decode.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';
import { previewData } from './data-preview.ts';
import {
  reply,
  type DataFile,
  type OnProgress,
  type PreparedData,
  type PreparedRows,
  type RowSource,
  type Role,
  type TokenizerWorker,
} from './protocol.ts';

const EXAMPLES_PER_TURN = 50;
const BIN = 32;
const SHOWN_EXCLUDED = 50;

const files: Record<Role, { name: string; examples: SquadExample[] }> = {
  train: { name: '', examples: [] },
  evaluation: { name: '', examples: [] },
};
let prepared: PreparedRows | null = null;
/** Made as soon as work is asked for: a cancel that comes right after it must not be lost. */
let abort = new AbortController();

/** The text files of a model folder: config.json and what belongs to the tokenizer. */
async function textFiles(blobs: Iterable<[string, Blob]>): Promise<Record<string, Uint8Array>> {
  const read: Record<string, Uint8Array> = {};
  for (const [name, blob] of blobs) {
    if (/\.(json|model|txt)$/.test(name)) read[name] = new Uint8Array(await blob.arrayBuffer());
  }
  return read;
}

async function prepareRows(
  tokenizer: Tokenizer,
  given: Record<Role, SquadExample[]>,
  fileNames: Record<Role, string>,
  args: TrainingArguments,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<PreparedData> {
  const total = given.train.length + given.evaluation.length;
  const excluded: PreparedData['excluded'] = {};
  const first: Feature[] = [];
  const unknown = new UnknownCharacterCount(tokenizer.unkTokenId);
  let done = 0;
  const encode = async (role: Role) => {
    const kept: SquadExample[] = [];
    const rows: Feature[] = [];
    for (const example of given[role]) {
      try {
        const labelled = notebookFeature(tokenizer, example, args);
        if (role === 'evaluation') first.push(labelled);
        unknown.add(example, labelled);
        rows.push(
          ...(args.return_overflowing_tokens ? windowFeatures(tokenizer, example, args) : [labelled]),
        );
        kept.push(example);
      } catch (error) {
        // One question without room must not end the preparation of all others.
        if (!(error instanceof ManabiError)) throw error;
        excluded[error.code] = (excluded[error.code] ?? 0) + 1;
      }
      if (++done % EXAMPLES_PER_TURN === 0 || done === total) {
        await onProgress(done, total);
        if (signal.aborted) throw new ManabiError('cancelled', '');
      }
    }
    return { kept, rows };
  };
  const train = await encode('train');
  const evaluation = await encode('evaluation');
  prepared = {
    train: train.rows,
    evaluation: evaluation.rows,
    examples: { train: train.kept, evaluation: evaluation.kept },
    fileNames,
  };
  const lengths = train.rows.map((row) => row.inputIds.length);
  const longest = (rows: Feature[]) => rows.reduce((most, row) => Math.max(most, row.inputIds.length), 0);
  const histogram: number[] = [];
  for (const length of lengths) {
    const bin = Math.floor((length - 1) / BIN);
    while (histogram.length <= bin) histogram.push(0);
    histogram[bin]++;
  }
  return {
    questions: { train: train.kept.length, evaluation: evaluation.kept.length },
    rows: { train: train.rows.length, evaluation: evaluation.rows.length },
    ceiling: answerCeiling(first, evaluation.kept),
    histogram,
    meanLength: lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length),
    longest: { train: longest(train.rows), evaluation: longest(evaluation.rows) },
    unknown: unknown.result(),
    firstRow: train.rows.length > 0 ? await decoded(tokenizer, train.rows[0]) : null,
    excluded,
  };
}

async function readSquad(role: Role, file: File): Promise<DataFile> {
  const data = await readSquadFile(file);
  if (data.examples.length === 0) {
    throw new ManabiError('squad-no-questions', file.name, { excluded: data.excluded.length });
  }
  files[role] = { name: file.name, examples: data.examples };
  const excluded = data.excluded.slice(0, SHOWN_EXCLUDED);
  return { name: file.name, summary: describeSquad(data), excluded };
}

async function decoded(tokenizer: Tokenizer, row: Feature): Promise<PreparedData['firstRow']> {
  const decode = await createDecoder(tokenizer);
  if (!decode) return null;
  const { inputIds, startPosition, endPosition } = row;
  return { text: decode(inputIds), answer: decode(inputIds.slice(startPosition, endPosition + 1)) };
}

const worker: TokenizerWorker = {
  readSquad: (role, file) => reply(() => readSquad(role, file)),

  fetchSquad: (role, url, onProgress) =>
    reply(async () => {
      abort = new AbortController();
      const report = (loaded: number, total: number | null) => onProgress(loaded, total ?? 0);
      const blob = await downloadFile(url, { signal: abort.signal, onProgress: report });
      return readSquad(role, new File([blob], url.slice(url.lastIndexOf('/') + 1)));
    }),

  fetchModel: (base, id, onProgress) =>
    reply(async () => {
      abort = new AbortController();
      const files = await modelFilesFromHub(base, id, {
        signal: abort.signal,
        onProgress: ({ loaded, total }) => onProgress(loaded, total ?? 0),
      });
      return Object.fromEntries(files);
    }),

  preview: (role, query, modelFiles) =>
    reply(async () => {
      const tokenizer = modelFiles && readTokenizer(await textFiles(Object.entries(modelFiles)));
      const other = role === 'train' ? 'evaluation' : 'train';
      return previewData(files[role].examples, files[other].examples, query, tokenizer);
    }),

  prepare: (modelFiles, args, onProgress) =>
    reply(async () => {
      const { signal } = (abort = new AbortController());
      const tokenizer = readTokenizer(await textFiles(Object.entries(modelFiles)));
      const { max_train_samples, max_eval_samples, seed } = args;
      const examples = {
        train: sampleExamples(files.train.examples, max_train_samples, seed),
        evaluation: sampleExamples(files.evaluation.examples, max_eval_samples, seed),
      };
      const names = { train: files.train.name, evaluation: files.evaluation.name };
      return prepareRows(tokenizer, examples, names, args, onProgress, signal);
    }),

  prepareRun: (runId, onProgress) =>
    reply(async () => {
      const { signal } = (abort = new AbortController());
      const [run, inputs] = [await getRun(runId), await getRunInputs(runId)];
      const tokenizer = readTokenizer(await textFiles(inputs.modelFiles));
      const names = { train: run.data.train.name, evaluation: run.data.evaluation.name };
      return prepareRows(tokenizer, inputs, names, run.args, onProgress, signal);
    }),

  cancel: () => abort.abort(),

  serve: (port) => {
    const source: RowSource = {
      rows: () => {
        if (!prepared) throw new RangeError('rows before prepare');
        return prepared;
      },
    };
    expose(source, port);
  },
};

expose(worker);
