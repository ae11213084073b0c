import { expose, proxy, transfer, wrap, type Remote } from 'comlink';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseSquad } from '../squad/read-file.ts';
import {
  unwrap,
  type CardFacts,
  type ExportWorker,
  type PreparedRows,
  type RowSource,
  type TrainerWorker,
} from './protocol.ts';

const modelFiles = import.meta.glob('../parity/fixtures/models/qa-trained/*', {
  query: '?url',
  import: 'default',
  eager: true,
}) as Record<string, string>;

const facts: CardFacts = { base: 'tiny', isFromHub: false, id: 'tiny', run: null, scores: null };
const noProgress = proxy(() => {});

let workers: Worker[];
let exporter: Remote<ExportWorker>;

beforeEach(async () => {
  workers = [
    new Worker(new URL('trainer.worker.ts', import.meta.url), { type: 'module' }),
    new Worker(new URL('export.worker.ts', import.meta.url), { type: 'module' }),
  ];
  const trainer = wrap<TrainerWorker>(workers[0]);
  exporter = wrap<ExportWorker>(workers[1]);
  const files: Record<string, Blob> = {};
  for (const [path, url] of Object.entries(modelFiles)) {
    files[path.slice(path.lastIndexOf('/') + 1)] = await (await fetch(url)).blob();
  }
  unwrap(await trainer.open('cpu'));
  unwrap(await trainer.load(files, { source: 'files', name: 'tiny' }, 42, noProgress));
  const sample = await (await fetch('/sample/valid.json')).text();
  const evaluation = parseSquad(sample, 'valid.json').examples.slice(0, 6);
  const rows: PreparedRows = {
    train: [],
    evaluation: [],
    examples: { train: [], evaluation },
    files: { train: { name: '' }, evaluation: { name: 'valid.json' } },
    negative: null,
  };
  const given = new MessageChannel();
  expose({ rows: () => rows } satisfies RowSource, given.port1);
  await trainer.connect(transfer(given.port2, [given.port2]));
  const model = new MessageChannel();
  await trainer.serveModel(transfer(model.port1, [model.port1]));
  await exporter.connect(transfer(model.port2, [model.port2]));
});

afterEach(() => workers.forEach((worker) => worker.terminate()));

test('transformers.js in a worker answers with the files just made as the engine does', async () => {
  const listing = unwrap(await exporter.make({ kind: 'onnx', types: ['fp32', 'q8'] }, facts, noProgress));
  expect(listing.map(({ name }) => name).toSorted()).toEqual([
    'README.md',
    'config.json',
    'onnx/model.onnx',
    'onnx/model_quantized.onnx',
    'quantize_config.json',
    'special_tokens_map.json',
    'spm.model',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  const single = unwrap(await exporter.check('fp32', 6, noProgress));
  expect(single).toMatchObject({
    passed: true,
    questions: 6,
    sameTokens: 6,
    sameAnswers: 6,
    differences: [],
  });
  expect(single.difference).toBeLessThan(1e-4);
  const quantized = unwrap(await exporter.check('q8', 6, noProgress));
  expect(quantized).toMatchObject({ passed: null, sameTokens: 6 });
  expect(quantized.difference).toBeGreaterThan(1e-4);

  const zip = unzipSync(new Uint8Array(await unwrap(await exporter.zip()).arrayBuffer()));
  const card = new TextDecoder().decode(zip['README.md']);
  expect(card).toContain(`| fp32 | ${(single.bytes / 1e6).toFixed(1)} MB |`);
  expect(card).toContain(`| q8 | ${(quantized.bytes / 1e6).toFixed(1)} MB |`);
});

test('the zip of a page of one’s own holds the page, the model and what runs it', async () => {
  const kind = { kind: 'web-page', type: 'q8', language: 'en' } as const;
  unwrap(await exporter.make(kind, { ...facts, base: 'a</script>b' }, noProgress));
  const zip = unzipSync(new Uint8Array(await unwrap(await exporter.zip()).arrayBuffer()));
  expect(Object.keys(zip).toSorted()).toEqual([
    'index.html',
    'model/config.json',
    'model/onnx/model_quantized.onnx',
    'model/tokenizer.json',
    'model/tokenizer_config.json',
    'ort-wasm-simd-threaded.wasm',
    'ort-wasm-simd.wasm',
    'transformers.min.js',
  ]);
  const page = new DOMParser().parseFromString(new TextDecoder().decode(zip['index.html']), 'text/html');
  expect(JSON.parse(page.getElementById('settings')?.textContent ?? '')).toEqual({
    name: 'a</script>b',
    language: 'en',
    quantized: true,
    modelFile: 'model',
  });
});

test('what was made stays where another making is cancelled', async () => {
  unwrap(await exporter.make({ kind: 'python', type: 'float16' }, facts, noProgress));
  const cancel = proxy(() => exporter.cancel());
  const cancelled = await exporter.make({ kind: 'onnx', types: ['fp32', 'q8'] }, facts, cancel);
  expect(cancelled).toMatchObject({ ok: false, code: 'cancelled' });
  const zip = unzipSync(new Uint8Array(await unwrap(await exporter.zip()).arrayBuffer()));
  expect(Object.keys(zip)).toContain('predict.py');
  expect(Object.keys(zip)).not.toContain('onnx/model.onnx');
});

test('nothing is there to be saved before it is made, nor after it is released', async () => {
  expect(await exporter.zip()).toMatchObject({ ok: false, code: 'export-nothing' });
  unwrap(await exporter.make({ kind: 'python', type: 'bfloat16' }, facts, noProgress));
  unwrap(await exporter.zip());
  await exporter.release();
  expect(await exporter.zip()).toMatchObject({ ok: false, code: 'export-nothing' });
});
