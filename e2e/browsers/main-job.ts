import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { bytesSource } from '../../src/checkpoint/byte-source.ts';
import { readSafetensors } from '../../src/checkpoint/safetensors.ts';
import {
  alerts,
  answeredRows,
  buttons,
  device,
  drop,
  foundAnswers,
  has,
  hasChart,
  isEnabled,
  keepDownloads,
  newestRun,
  offered,
  speakJapanese,
  stepsDone,
  type BrowserPage,
} from './page.ts';
import { fillIn, MINUTE, pressWhenEnabled, require, until } from './visitor.ts';

/** Scripts that tell whether there are so many answers, and whether the newest run of the list says this. */
export const answered = (rows: number) => `return (() => { ${answeredRows} })() === ${rows}`;
const after = (step: number) => `return (() => { ${stepsDone} })() > ${step}`;
export const runSays = (words: string) =>
  `return (() => { ${newestRun} })().includes(${JSON.stringify(words)})`;

/** First visit, whatever the browser's language; gives what the page computes on. */
export async function openInJapanese(page: BrowserPage, url: string): Promise<string> {
  await page.open(url);
  await page.evaluate(speakJapanese);
  await page.open(url);
  return String(await until(page, 'a device', device));
}

/** First visit, then a run on the built-in sample: paused, resumed, stopped, the page opened again over itself, continued to its end. */
export async function trainOnSample(page: BrowserPage, url: string): Promise<string> {
  const found = await openInJapanese(page, url);
  // 8 steps per epoch: a checkpoint after the eighth.
  await fillIn(page, { max_train_samples: '64', max_eval_samples: '4', num_train_epochs: '3' });
  await pressWhenEnabled(page, buttons.trySample);
  await until(page, 'the first step', after(0), 5 * MINUTE);
  await pressWhenEnabled(page, buttons.pause);
  await until(page, 'the pause', has('一時停止中'));
  await pressWhenEnabled(page, buttons.resume);
  await until(page, 'the second epoch', after(8), 5 * MINUTE);
  await until(page, 'the chart', hasChart);
  await pressWhenEnabled(page, buttons.stop);
  await until(page, 'the stop', runSays('停止'));
  await page.open(url);
  await pressWhenEnabled(page, buttons.continueRun);
  await until(page, 'the end of the run', runSays('24 / 24'), 5 * MINUTE);
  await until(page, 'the answers', answered(4), 2 * MINUTE);
  return found;
}

/** A run on dropped data with a dropped model. */
export async function trainOnDropped(page: BrowserPage): Promise<void> {
  const model = ['config.json', 'model.safetensors', 'spm.model', 'tokenizer_config.json'];
  const modelFiles = model.map((name) => ({ name, url: `model/${name}` }));
  await until(page, 'the box of the model', drop('モデル', modelFiles));
  // The names of its files stand on the page before.
  await until(page, 'the dropped model', isEnabled(buttons.tryOwn));
  for (const [label, name] of [
    ['学習データ', 'my-train.json'],
    ['評価データ', 'my-valid.json'],
  ]) {
    await until(page, `the box of ${name}`, drop(label, [{ name, content: questions(16) }]));
    await until(page, name, has(name));
  }
  await fillIn(page, { max_train_samples: '8', max_eval_samples: '3', num_train_epochs: '1' });
  await pressWhenEnabled(page, buttons.tryOwn);
  await until(page, 'the run on dropped files', runSays('config.json · my-train.json'), 2 * MINUTE);
  await until(page, 'its answers', answered(3), 2 * MINUTE);
}

/** The first questions of the sample in a file of one's own. */
function questions(count: number): string {
  const { data } = JSON.parse(readFileSync('public/sample/train.json', 'utf8')) as { data: unknown[] };
  return JSON.stringify({ data: data.slice(0, count) });
}

export async function askOwnQuestion(page: BrowserPage): Promise<void> {
  await fillIn(page, { 文章: '京都の駅は1897年に開業した。', 質問: '駅はいつ開業したか。' });
  await pressWhenEnabled(page, buttons.ask);
  await until(page, 'an answer', foundAnswers);
}

/** Downloads the trained model and reads it back: the tensors of the one that it began as, with other values. */
export async function downloadModel(page: BrowserPage): Promise<number> {
  await page.evaluate(keepDownloads);
  await pressWhenEnabled(page, buttons.download);
  const zip = Buffer.from(String(await until(page, 'a download', offered, 2 * MINUTE)), 'base64');
  const files = Object.entries(unzipSync(zip));
  const [, weights] = files.find(([name]) => name.endsWith('model.safetensors')) ?? [];
  require(files.some(([name]) => name.endsWith('config.json')) && !!weights, 'no model folder in the zip');
  const read = (bytes: Uint8Array) => readSafetensors(bytesSource('model.safetensors', bytes));
  const trained = await read(weights ?? new Uint8Array());
  const all = await read(readFileSync('public/model/model.safetensors'));
  const base = new Map([...all].filter(([name]) => name.startsWith('deberta.')));
  // The encoder's; the heads are others.
  const lacking = [...base].filter(([name, { shape }]) => String(trained.get(name)?.shape) !== String(shape));
  require(lacking.length === 0 &&
    trained.size > base.size, `not the model's tensors: ${lacking.map(([name]) => name).join(', ')}`);
  const changed = [...base].filter(([name, { data }]) =>
    data.some((value, i) => value !== trained.get(name)?.data[i]),
  );
  require(changed.length > base.size / 2, `only ${changed.length} of ${base.size} tensors were trained`);
  return zip.length;
}

/** Nothing was told as an error on the way. */
export async function requireNoAlert(page: BrowserPage): Promise<void> {
  const said = String(await page.evaluate(alerts));
  require(said === '', `alerts: ${said}`);
}
