// npm run test:browsers -- [--required] [firefox] [webkit]: the main job in these browsers (default: both), on the built page. Exit status 1 where a
// browser that is there fails; what is not there is said, and with --required fails too.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';
import { openFirefox } from './firefox.ts';
import {
  alerts,
  answeredRows,
  buttons,
  fill,
  foundAnswers,
  has,
  isEnabled,
  keepDownloads,
  offered,
  press,
  speakJapanese,
  stepsDone,
  threads,
  type BrowserPage,
} from './page.ts';
import { openWebKit } from './webkit.ts';

const PORT = 4672;
const MINUTE = 60_000;

/** Waits until a script gives something that is true. */
async function until(page: BrowserPage, what: string, script: string, ms: number): Promise<unknown> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await page.evaluate(script);
    if (value) return value;
    if (Date.now() > end) {
      throw new Error(`${what}: not within ${ms / 1000} s; alerts: ${String(await page.evaluate(alerts))}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

const pressWhenEnabled = async (page: BrowserPage, name: string) => {
  await until(page, `button ${name}`, isEnabled(name), MINUTE);
  await page.evaluate(press(name));
};

/** As after a closed tab. (In WebKitGTK 2.50 the workers of a page that is opened over itself while its workers start do not answer.) */
async function visitAgain(page: BrowserPage, url: string): Promise<void> {
  await page.open('about:blank');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  await page.open(url);
}

/** First visit, sample run on the processor with threads, reload in its middle, continue, ask, download. */
async function mainJob(page: BrowserPage, url: string): Promise<void> {
  const step = (said: string) => console.log(`  ${said}`);
  const useCpu = async () => {
    // Where there is no WebGPU the page asks first.
    const either = `${isEnabled(buttons.trySample).replace('return', 'const sample =')}; if (sample) return true; ${isEnabled(buttons.useCpu).replace('const found', 'const cpu').replaceAll('found &&', 'cpu &&').replace('!found.disabled', '!cpu.disabled')}`;
    await until(page, 'a first button', either, MINUTE);
    if (await page.evaluate(isEnabled(buttons.useCpu))) await page.evaluate(press(buttons.useCpu));
    await until(page, 'the first button', isEnabled(buttons.trySample), MINUTE);
  };
  await page.open(url);
  await page.evaluate(speakJapanese);
  await visitAgain(page, url);
  await useCpu();
  if (!(await page.evaluate(threads))) throw new Error('the page has no threads: it is not isolated');
  step('first visit: the processor, with threads');
  const settings = { max_train_samples: '64', max_eval_samples: '4', num_train_epochs: '3' };
  for (const [label, value] of Object.entries(settings)) await page.evaluate(fill(label, value));
  await pressWhenEnabled(page, buttons.trySample);
  // 8 steps per epoch: a checkpoint after the eighth.
  await until(
    page,
    'the second epoch',
    `const steps = (() => { ${stepsDone} })(); return Number(steps) > 8`,
    5 * MINUTE,
  );
  await page.evaluate('window.onbeforeunload = null; return true');
  await visitAgain(page, url);
  await useCpu();
  await pressWhenEnabled(page, buttons.continueRun);
  step('reloaded in mid-run, continued');
  await until(page, 'the end of the run', `return (() => { ${answeredRows} })() === 4`, 10 * MINUTE);
  const said = String(await page.evaluate(alerts));
  if (said) throw new Error(`alerts: ${said}`);
  step('trained, 4 questions answered');
  await page.evaluate(fill('文章', '京都の駅は1897年に開業した。'));
  await page.evaluate(fill('質問', '駅はいつ開業したか。'));
  await pressWhenEnabled(page, buttons.ask);
  await until(page, 'an answer', foundAnswers, MINUTE);
  step('asked');
  await page.evaluate(keepDownloads);
  await pressWhenEnabled(page, buttons.download);
  const zip = String(
    await until(
      page,
      'a download',
      `const all = (() => { ${offered} })(); return all !== '[]' && all`,
      2 * MINUTE,
    ),
  );
  const [[size, ...head]] = JSON.parse(zip) as number[][];
  if (String(head) !== '80,75,3,4' || size < 1e6) throw new Error(`not a model folder: ${zip}`);
  step(`downloaded ${size} bytes of zip`);
  if (await page.evaluate(has('予期しないエラー'))) throw new Error('an unexpected error');
}

const root = fileURLToPath(new URL('../..', import.meta.url));
if (!existsSync(`${root}/dist/index.html`)) throw new Error('run npm run build first');
const server = await preview({ root, preview: { port: PORT, strictPort: true } });
let failed = 0;
const browsers = { firefox: openFirefox, webkit: openWebKit };
const named = Object.entries(browsers).filter(([name]) => process.argv.includes(name));
for (const [, open] of named.length > 0 ? named : Object.entries(browsers)) {
  const opened = await open();
  if (typeof opened === 'string') {
    console.log(`NOT FOUND: ${opened}`);
    if (process.argv.includes('--required')) failed++;
    continue;
  }
  console.log(opened.name);
  try {
    await mainJob(opened, `http://localhost:${PORT}/`);
    console.log(`  passed`);
  } catch (error) {
    failed++;
    console.log(`  FAILED: ${String(error)}`);
  } finally {
    await opened.close();
  }
}
await server.close();
process.exit(failed > 0 ? 1 : 0);
