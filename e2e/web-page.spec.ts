import { readFileSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { unzipSync } from 'fflate';
import { answerQuestions } from '../src/answering/answer.ts';
import { openCpu } from '../src/cli/backend.ts';
import { openModel } from '../src/cli/model-folder.ts';
import { readerOf } from '../src/export/exported-model.ts';
import { makeFiles, zipBlob } from '../src/export/made-folder.ts';
import { webPage } from '../src/export/web-page/web-page.ts';
import { initializeHead } from '../src/model/parameters.ts';
import { parseSquad } from '../src/squad/read-file.ts';
import { serveFiles } from './serve-files.ts';

const dist = 'node_modules/@xenova/transformers/dist';
const runtimeFiles = ['transformers.min.js', 'ort-wasm-simd.wasm', 'ort-wasm-simd-threaded.wasm'];
let close: () => void;
let address: string;

/** The built-in model with a head that nobody trained: what it answers is for chance, and must be the same everywhere. */
async function builtInModel() {
  const { config, tensors: weights, tokenizer, files } = await openModel('public/model', 42, '');
  for (const [name, tensor] of initializeHead(config, 7)) weights.set(name, tensor);
  return { config, weights, tokenizer, files };
}

test.beforeAll(async () => {
  const { config, weights, files } = await builtInModel();
  const runtime = runtimeFiles.map((name) => ({
    name,
    bytes: new Uint8Array(readFileSync(`${dist}/${name}`)),
  }));
  const page = readFileSync('src/export/web-page/index.html', 'utf8');
  const settings = { name: '試しのモデル', language: 'ja', type: 'fp32' } as const;
  const made = await makeFiles(webPage({ config, read: readerOf(weights), files }, settings, page, runtime));
  const zip = unzipSync(new Uint8Array(await zipBlob(made).arrayBuffer()));
  ({ address, close } = await serveFiles(zip));
});

test.afterAll(() => close());

test('a page of one’s own answers as the engine does, marks the answer, and asks nobody else', async ({
  page,
}) => {
  const { config, weights, tokenizer } = await builtInModel();
  const engine = await (await openCpu())(config, weights);
  const sample = parseSquad(readFileSync('public/sample/valid.json', 'utf8'), 'valid.json').examples;
  // Several windows, full-width letters, a text with the answer twice.
  const long = {
    question: 'どこですか。',
    context: sample
      .slice(0, 40)
      .map(({ context }) => context)
      .join('\n'),
  };
  const wide = {
    question: 'いつ？',
    context: 'ＡＢＣ駅は１９２０年に開業した。　ＡＢＣ駅は1920年に開業した😀。',
  };
  const asked = [...sample.slice(0, 5), long, wide].map(({ question, context }, id) => ({
    id: String(id),
    question,
    context,
  }));
  const wanted = await answerQuestions(engine, tokenizer, asked);

  const elsewhere: string[] = [];
  await page.route('**', (route) => {
    if (route.request().url().startsWith(address)) return route.continue();
    elsewhere.push(route.request().url());
    return route.abort();
  });
  await page.goto(address);
  await expect(page.locator('output')).toHaveText('文章と質問を入力してください。', { timeout: 60_000 });
  for (const [at, { question, context }] of asked.entries()) {
    await page.getByLabel('文章').fill(context);
    await page.getByLabel('質問').fill(question);
    const [{ answer, start }] = wanted[at];
    await expect(page.locator('.answer')).toHaveText(answer.trim(), { timeout: 60_000 });
    const before = await page.locator('.context').evaluate((shown) => shown.firstChild?.textContent ?? '');
    expect([at, [...before].length]).toEqual([at, start]);
  }
  expect(elsewhere).toEqual([]);
});

test('a page of one’s own is there within 3 seconds, in both languages, on both widths, for everybody', async ({
  page,
}) => {
  const seconds: number[] = [];
  for (const width of [390, 1440]) {
    await page.setViewportSize({ width, height: 900 });
    const begin = Date.now();
    await page.goto(address);
    await expect(page.locator('output')).toHaveText('文章と質問を入力してください。', { timeout: 60_000 });
    await page.getByLabel('文章').fill('駅は1920年に開業した。');
    await page.getByLabel('質問').fill('いつ開業しましたか。');
    await expect(page.locator('mark')).toBeVisible();
    seconds.push((Date.now() - begin) / 1000);
    for (const language of ['ja', 'en']) {
      await expect(page.locator('html')).toHaveAttribute('lang', language);
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([]);
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      await page.getByRole('button').click();
    }
  }
  // The first opening also compiles; a busy machine may delay either.
  console.log(`first answers after ${seconds.join(' and ')} s`);
  expect(Math.min(...seconds)).toBeLessThan(3);
});
