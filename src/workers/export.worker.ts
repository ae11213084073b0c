// Makes what people take away from the model that the trainer holds, checks it in transformers.js, sends it.
import wasmSimd from '@xenova/transformers/dist/ort-wasm-simd.wasm?url';
import wasmSimdThreaded from '@xenova/transformers/dist/ort-wasm-simd-threaded.wasm?url';
import wasmThreaded from '@xenova/transformers/dist/ort-wasm-threaded.wasm?url';
import wasm from '@xenova/transformers/dist/ort-wasm.wasm?url';
// As a file of its own, not bundled: its threads run on its source text, which a bundler renames in.
// oxlint-disable-next-line import/default -- with ?url it is Vite that gives the default: the file's address
import transformersUrl from '@xenova/transformers/dist/transformers.min.js?url';
import { expose, wrap, type Remote } from 'comlink';
import { readCardHeader, type CardHeader } from '../checkpoint/card-header.ts';
import { ManabiError } from '../errors/manabi-error.ts';
import { checkExport, type ExportCheck, type TransformersJs } from '../export/check-export.ts';
import { textFile, type ExportFile } from '../export/export-file.ts';
import { takerOf, type ExportedModel } from '../export/exported-model.ts';
import { uploadToHub } from '../export/hub-upload.ts';
import { makeFiles, zipBlob, type MadeFile } from '../export/made-folder.ts';
import { modelCard } from '../export/model-card.ts';
import { onnxNames } from '../export/onnx/onnx-types.ts';
import { pythonFolder } from '../export/python-folder.ts';
import { transformersFolder } from '../export/transformers-folder.ts';
import { requireWhole } from '../export/whole-blob.ts';
import page from '../export/web-page/index.html?raw';
import { webPage, type Runtime } from '../export/web-page/web-page.ts';
import { parseConfig } from '../model/config.ts';
import type { Engine } from '../model/engine.ts';
import { parsePythonJson } from '../squad/python-json.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import {
  reply,
  unwrap,
  type CardFacts,
  type ExportKind,
  type ExportWorker,
  type ModelSource,
} from './protocol.ts';

interface Made {
  kind: ExportKind;
  facts: CardFacts;
  /** Of the model's own card. */
  header: CardHeader;
  files: MadeFile[];
  /** As the engine reads texts, not as the exported files do. */
  tokenizer: Tokenizer;
  checks: ExportCheck[];
}

/** More wait for each other longer than they compute. */
const MAX_THREADS = 8;

let source: Remote<ModelSource> | null = null;
let made: Made | null = null;
let interrupt = new AbortController();

function trainer(): Remote<ModelSource> {
  if (!source) throw new RangeError('not connected');
  return source;
}

function madeFiles(): Made {
  if (!made) throw new ManabiError('export-nothing', '');
  return made;
}

/** The model held by the trainer; each weight is forgotten when its file has it. */
async function takeModel(): Promise<ExportedModel> {
  const { files, weights } = unwrap(await trainer().model());
  const config = parseConfig(parsePythonJson(new TextDecoder().decode(files['config.json'])), 'config.json');
  return { config, files, read: takerOf(weights) };
}

async function filesOf(kind: ExportKind, facts: CardFacts, model: ExportedModel): Promise<ExportFile[]> {
  if (kind.kind === 'web-page') return webPage(model, { ...kind, name: facts.base }, page, await runtime());
  const types = kind.kind === 'onnx' ? kind.types : [];
  const card = modelCard({ ...facts, header: headerOf(model), types });
  return kind.kind === 'onnx' ? transformersFolder(model, types, card) : pythonFolder(model, kind.type, card);
}

const headerOf = ({ files }: ExportedModel) => readCardHeader(files['README.md']);

/** What the page of one's own runs on; static hosts without threads and those with take one of the two. */
async function runtime(): Promise<Runtime> {
  const urls = {
    'transformers.min.js': transformersUrl,
    'ort-wasm-simd.wasm': wasmSimd,
    'ort-wasm-simd-threaded.wasm': wasmSimdThreaded,
  };
  return Promise.all(
    Object.entries(urls).map(async ([name, url]) => {
      const response = await fetch(url);
      if (!response.ok) throw new ManabiError('file-changed', name);
      return { name, bytes: new Uint8Array(await response.arrayBuffer()) };
    }),
  );
}

async function loadTransformers(): Promise<TransformersJs> {
  const transformers = (await import(/* @vite-ignore */ transformersUrl)) as TransformersJs;
  const absolute = (url: string) => new URL(url, location.href).href;
  const settings = transformers.env.backends.onnx.wasm;
  settings.wasmPaths = {
    'ort-wasm.wasm': absolute(wasm),
    'ort-wasm-simd.wasm': absolute(wasmSimd),
    'ort-wasm-threaded.wasm': absolute(wasmThreaded),
    'ort-wasm-simd-threaded.wasm': absolute(wasmSimdThreaded),
  };
  // Threads share memory, which only an isolated page has.
  settings.numThreads = crossOriginIsolated ? Math.min(MAX_THREADS, navigator.hardwareConcurrency) : 1;
  return transformers;
}

/** The files with a card that tells the scores measured so far; its code loads the model by the name `id`. */
async function withMeasuredCard(
  { kind, facts, header, files, checks }: Made,
  id = facts.id,
): Promise<MadeFile[]> {
  if (kind.kind === 'web-page') return files;
  const types = kind.kind === 'onnx' ? kind.types : [];
  const measured = checks.map(({ type, bytes, scores }) => ({ type, bytes, ...scores.onnx }));
  const text = modelCard({ ...facts, header, id, types, measured });
  const [card] = await makeFiles([textFile('README.md', text)]);
  return files.map((file) => (file.name === card.name ? card : file));
}

const worker: ExportWorker = {
  connect: (port) => {
    source = wrap(port);
  },

  make: (kind, facts, onProgress) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      // Every file of an ONNX folder takes the whole model.
      const files: MadeFile[] = [];
      let tokenizer: Tokenizer | null = null;
      let header: CardHeader | null = null;
      const parts: ExportKind[] =
        kind.kind === 'onnx' ? kind.types.map((type) => ({ ...kind, types: [type] })) : [kind];
      for (const part of parts) {
        const model = await takeModel();
        tokenizer ??= readTokenizer(model.files);
        header ??= headerOf(model);
        const planned = await filesOf(part, facts, model);
        const known = new Set(files.map(({ name }) => name));
        const missing = planned.filter(({ name }) => !known.has(name));
        files.push(...(await makeFiles(missing, { onProgress, signal })));
      }
      if (!tokenizer || !header) throw new ManabiError('export-nothing', '');
      // Only now: what was made before stays where this is cancelled or fails.
      const whole = { kind, facts, header, files, tokenizer, checks: [] };
      made = { ...whole, files: await withMeasuredCard(whole) };
      return made.files.map(({ name, blob }) => ({ name, size: blob.size }));
    }),

  check: (type, max_questions, onProgress) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      const held = madeFiles();
      if (!held.files.some(({ name }) => name === onnxNames[type]))
        throw new ManabiError('export-nothing', type);
      const examples = unwrap(await trainer().questions()).slice(0, max_questions);
      const engine: Pick<Engine, 'forward'> = {
        forward: async (batch) => unwrap(await trainer().forward(batch)),
      };
      const transformers = await loadTransformers();
      const control = { onProgress, signal };
      const found = await checkExport(
        transformers,
        held.files,
        type,
        engine,
        held.tokenizer,
        examples,
        control,
      );
      held.checks = [...held.checks.filter((check) => check.type !== type), found];
      held.files = await withMeasuredCard(held);
      return found;
    }),

  zip: () =>
    reply(async () => {
      const zip = zipBlob(madeFiles().files);
      await requireWhole(zip, 'zip');
      return zip;
    }),

  upload: (destination, onProgress) =>
    reply(async () => {
      const { signal } = (interrupt = new AbortController());
      // Loaded when it is asked for: most models are not sent.
      const library = await import('@huggingface/hub');
      const files = await withMeasuredCard(madeFiles(), destination.repo);
      return uploadToHub(library, files, destination, { onProgress, signal });
    }),

  cancel: () => interrupt.abort(),
  release: () => {
    made = null;
  },
};

expose(worker);
