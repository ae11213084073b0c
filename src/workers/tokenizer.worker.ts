import { expose } from 'comlink';
import { chooseForRun, prepareData } from '../answering/prepare-data.ts';
import { readTextFiles } from '../checkpoint/model-folder.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import type { Feature } from '../features/feature.ts';
import { positionLimit } from '../model/config.ts';
import { describeSquad } from '../squad/describe.ts';
import type { DataOrigin } from '../squad/data-origin.ts';
import type { SquadData, SquadExample } from '../squad/example.ts';
import { mendRows } from '../squad/mend-rows.ts';
import { readSquadFile } from '../squad/read-file.ts';
import { downloadFile } from '../storage/downloads.ts';
import { modelFilesFromHub } from '../storage/hub-model.ts';
import { originOf } from '../storage/jsquad.ts';
import { getRun, getRunInputs } from '../storage/runs.ts';
import { createDecoder } from '../tokenizer/decode.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { checkArguments, type TrainingArguments } from '../training/training-arguments.ts';
import { bytesOf } from './model-files.ts';
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

const SHOWN_EXCLUDED = 50;

interface OpenFile {
  data: SquadData;
  origin: DataOrigin | undefined;
}

const files: Record<Role, OpenFile | null> = { train: null, evaluation: null };
let prepared: PreparedRows | null = null;
/** Made as soon as work is asked for: a cancel that comes right after it must not be lost. */
let abort = new AbortController();

/** The tokenizer of a model held to its tables, after a look at whether the settings suit the model. */
async function tokenizerFor(
  modelFiles: Iterable<[string, Blob]>,
  args: TrainingArguments,
): Promise<Tokenizer> {
  const { config, tokenizer } = readTextFiles(await bytesOf(modelFiles));
  checkArguments(args, positionLimit(config));
  return tokenizer;
}

async function prepareRows(
  tokenizer: Tokenizer,
  given: Record<Role, SquadExample[]>,
  described: PreparedRows['files'],
  args: TrainingArguments,
  onProgress: OnProgress,
  signal: AbortSignal,
): Promise<PreparedData> {
  const { rows, figures } = await prepareData(tokenizer, given, args, async (done, total) => {
    await onProgress(done, total);
    if (signal.aborted) throw new ManabiError('cancelled', '');
  });
  prepared = { ...rows, files: described };
  return { ...figures, firstRow: rows.train.length > 0 ? await decoded(tokenizer, rows.train[0]) : null };
}

async function readSquad(role: Role, file: File, origin?: DataOrigin): Promise<DataFile> {
  return keepData(role, await readSquadFile(file, { mendable: true }), origin);
}

function keepData(role: Role, data: SquadData, origin?: DataOrigin): DataFile {
  files[role] = { data, origin };
  const { fileName: name, form, repairs } = data;
  const mendable = data.excluded.filter(({ mended }) => mended).length;
  // The examples stay here.
  const excluded = data.excluded.slice(0, SHOWN_EXCLUDED).map((row) => ({ ...row, mended: undefined }));
  return { name, summary: describeSquad(data), form, repairs, excluded, mendable };
}

const examplesOf = (role: Role) => files[role]?.data.examples ?? [];

/** Name and origin of a file as a run keeps them. */
const describe = (role: Role) => ({ name: files[role]?.data.fileName ?? '', origin: files[role]?.origin });

async function decoded(tokenizer: Tokenizer, row: Feature): Promise<PreparedData['firstRow']> {
  const decode = await createDecoder(tokenizer);
  if (!decode) return null;
  const { inputIds, startPosition, endPosition } = row;
  return { text: decode(inputIds), answer: decode(inputIds.slice(startPosition, endPosition + 1)) };
}

const worker: TokenizerWorker = {
  readSquad: (role, file, origin) => reply(() => readSquad(role, file, origin)),

  fetchSquad: (role, url, onProgress) =>
    reply(async () => {
      abort = new AbortController();
      const report = (loaded: number, total: number | null) => onProgress(loaded, total ?? 0);
      const blob = await downloadFile(url, { signal: abort.signal, onProgress: report });
      const { pathname } = new URL(url);
      const file = new File([blob], pathname.slice(pathname.lastIndexOf('/') + 1));
      return readSquad(role, file, originOf(url));
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

  mend: (role) =>
    reply(async () => {
      const file = files[role];
      if (!file) throw new RangeError('mend before a file is read');
      return keepData(role, mendRows(file.data), file.origin);
    }),

  preview: (role, query, modelFiles) =>
    reply(async () => {
      const tokenizer = modelFiles && readTextFiles(await bytesOf(Object.entries(modelFiles))).tokenizer;
      const other = role === 'train' ? 'evaluation' : 'train';
      return previewData(examplesOf(role), examplesOf(other), query, tokenizer);
    }),

  prepare: (modelFiles, args, onProgress) =>
    reply(async () => {
      const { signal } = (abort = new AbortController());
      const tokenizer = await tokenizerFor(Object.entries(modelFiles), args);
      const given = {
        train: { examples: examplesOf('train') },
        evaluation: { examples: examplesOf('evaluation') },
      };
      const chosen = chooseForRun(given, args);
      const described = { train: describe('train'), evaluation: describe('evaluation') };
      return prepareRows(tokenizer, chosen.examples, described, chosen.args, onProgress, signal);
    }),

  prepareRun: (runId, onProgress) =>
    reply(async () => {
      const { signal } = (abort = new AbortController());
      const [run, inputs] = [await getRun(runId), await getRunInputs(runId)];
      const tokenizer = await tokenizerFor(inputs.modelFiles, run.args);
      return prepareRows(tokenizer, inputs, run.data, run.args, onProgress, signal);
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
