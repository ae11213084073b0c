import { proxy, wrap, type Remote } from 'comlink';
import { gzipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import recorded from '../squad/fixtures/read-plainly.json';
import { defaultArguments } from '../training/training-arguments.ts';
import { unwrap, type TokenizerWorker } from './protocol.ts';

const modelFiles = import.meta.glob('../parity/fixtures/models/qa-trained/*', {
  query: '?url',
  import: 'default',
  eager: true,
}) as Record<string, string>;

let worker: Worker;
let tokenizer: Remote<TokenizerWorker>;
beforeEach(() => {
  worker = new Worker(new URL('tokenizer.worker.ts', import.meta.url), { type: 'module' });
  tokenizer = wrap<TokenizerWorker>(worker);
});
afterEach(() => worker.terminate());

const context = '山手線の新しい駅は二〇二〇年に開業した。駅の名前は高輪ゲートウェイである。';
const csv = `番号,文章,質問,答え\n1,"${context}",いつ,二〇二〇年\n2,"${context}",何両か,\n3,"${context}",どこ,大阪\n`;

async function model(): Promise<Record<string, Blob>> {
  const files: Record<string, Blob> = {};
  for (const [path, url] of Object.entries(modelFiles)) {
    if (path.endsWith('.safetensors')) continue;
    files[path.slice(path.lastIndexOf('/') + 1)] = await (await fetch(url)).blob();
  }
  return files;
}

test('a packed table is read in the worker, and what was found is told', async () => {
  const bytes = gzipSync(new TextEncoder().encode(csv));
  const file = unwrap(await tokenizer.readSquad('train', new File([bytes], 'a.csv.gz')));
  expect(file.form).toEqual({ container: 'gzip', format: 'csv', encoding: 'UTF-8' });
  expect(file.summary).toMatchObject({
    questions: 1,
    withoutAnswer: 1,
    excluded: { 'answer-not-in-context': 1 },
  });
  expect(file.repairs.startsFound).toBe(1);
  expect(file.excluded).toMatchObject([{ place: 'row 4', reason: 'answer-not-in-context' }]);
  unwrap(await tokenizer.readSquad('evaluation', new File([csv], 'a.csv')));
  const args = { ...defaultArguments, max_seq_length: 64, doc_stride: 16 };
  const prepared = unwrap(
    await tokenizer.prepare(
      await model(),
      args,
      proxy(() => {}),
    ),
  );
  expect(prepared).toMatchObject({
    questions: { train: 2, evaluation: 2 },
    withoutAnswer: { train: 1, evaluation: 1 },
  });
  const off = { ...args, version_2_with_negative: false };
  const without = unwrap(
    await tokenizer.prepare(
      await model(),
      off,
      proxy(() => {}),
    ),
  );
  expect(without.questions).toEqual({ train: 1, evaluation: 1 });
});

test('every form and fault that Python has read is read alike in the browser', async () => {
  for (const { name, base64, wanted } of recorded) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const reply = await tokenizer.readSquad('train', new File([bytes], name));
    const examples = typeof wanted === 'string' ? [] : wanted.examples;
    const answered = examples.filter((example) => (example as unknown[][])[3].length > 0).length;
    const found = reply.ok ? reply.value.summary.questions : 'code' in reply ? 0 : reply.message;
    expect([name, found]).toEqual([name, answered]);
  }
});

test('settings that the model has no positions for are refused before anything is tokenized', async () => {
  unwrap(await tokenizer.readSquad('train', new File([csv], 'a.csv')));
  const files = await model();
  const config = JSON.parse(await files['config.json'].text()) as object;
  const short = { ...config, position_biased_input: true, max_position_embeddings: 128 };
  const given = { ...files, 'config.json': new Blob([`\uFEFF${JSON.stringify(short)}`]) };
  const reply = await tokenizer.prepare(
    given,
    defaultArguments,
    proxy(() => {}),
  );
  expect(reply).toMatchObject({ ok: false, code: 'position-limit', details: { largest: 128 } });
});
