// npm run test:browsers -- [--required] [chromium] [plain-http] [firefox] [firefox-private] [webkit]: the main job in these browsers (default: all), on
// the built page. Exit status 1 where a browser that is there fails; what is not there is said, and with --required fails too. Pictures go to test-results/.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';
import {
  answered,
  askOwnQuestion,
  downloadModel,
  openInJapanese,
  requireNoAlert,
  runSays,
  trainOnDropped,
  trainOnSample,
} from './main-job.ts';
import { buttons, closeFrame, has, frameWidths, openFrame, widths, type BrowserPage } from './page.ts';
import { openChromium, openFirefox } from './puppeteer.ts';
import { fillIn, pressWhenEnabled, require, until } from './visitor.ts';
import { openWebKit } from './webkit.ts';

const PORT = Number(process.env.MANABI_BROWSERS_PORT ?? 4672);
const url = `http://localhost:${PORT}/`;
/** A name that only the browser knows, so that the address is not localhost. */
const OTHER_MACHINE = 'other-machine.test';
const root = fileURLToPath(new URL('../..', import.meta.url));
const pictures = `${root}/test-results/browsers`;

/** The page fits in the width of a desk and of a phone. */
async function seeWidths(page: BrowserPage, name: string): Promise<void> {
  for (const [wide, high] of [
    [390, 844],
    [1440, 900],
  ]) {
    await page.resize(wide, high);
    await new Promise((resolve) => setTimeout(resolve, 300));
    let [content, inner] = (await page.evaluate(widths)) as number[];
    const isFramed = inner > wide;
    if (isFramed) {
      await page.evaluate(openFrame(wide, high));
      [content, inner] = (await until(page, 'the page in a frame', frameWidths)) as number[];
    }
    writeFileSync(`${pictures}/${name}-${wide}.png`, await page.screenshot());
    if (isFramed) await page.evaluate(closeFrame);
    require(inner === wide, `the window is ${inner} wide, not ${wide}`);
    require(content <= inner, `${content} pixels do not fit in ${inner}`);
  }
}

async function visit(page: BrowserPage, name: string): Promise<void> {
  const begun = Date.now();
  const step = (said: string) => console.log(`  ${((Date.now() - begun) / 1000).toFixed(0)} s: ${said}`);
  const device = await trainOnSample(page, url);
  step(`trained on the sample on ${device}: paused, resumed, stopped, opened again, continued`);
  require(/^CPU · ([2-9]|\d\d+) /.test(device), `no threads: ${device}`);
  await askOwnQuestion(page);
  step('asked');
  step(`downloaded ${await downloadModel(page)} bytes and read them back`);
  await seeWidths(page, name);
  step('seen at 1440 and 390');
  await trainOnDropped(page);
  step('trained a dropped model on dropped data');
  await requireNoAlert(page);
}

/** From an address that is neither https nor localhost: one thread, and the page says why. */
async function visitPlainHttp(page: BrowserPage): Promise<void> {
  const device = await openInJapanese(page, `http://${OTHER_MACHINE}:${PORT}/`);
  require(device.startsWith('CPU · 1 '), `one thread was expected: ${device}`);
  await until(page, 'why there is no GPU', has('https か localhost'));
  await fillIn(page, { max_train_samples: '16', max_eval_samples: '3', num_train_epochs: '1' });
  await pressWhenEnabled(page, buttons.trySample);
  await until(page, 'the run', runSays('2 / 2'));
  await until(page, 'its answers', answered(3));
  await askOwnQuestion(page);
  await downloadModel(page);
  await requireNoAlert(page);
}

interface Case {
  open: () => Promise<BrowserPage | string>;
  visit: (page: BrowserPage, name: string) => Promise<void>;
}

const cases: Record<string, Case> = {
  chromium: { open: () => openChromium(), visit },
  'plain-http': { open: () => openChromium(OTHER_MACHINE), visit: visitPlainHttp },
  firefox: { open: () => openFirefox(), visit },
  'firefox-private': { open: () => openFirefox({ 'browser.privatebrowsing.autostart': true }), visit },
  webkit: { open: openWebKit, visit },
};

if (!existsSync(`${root}/dist/index.html`)) throw new Error('run npm run build first');
mkdirSync(pictures, { recursive: true });
const server = await preview({
  root,
  preview: { port: PORT, strictPort: true, allowedHosts: [OTHER_MACHINE] },
});
let failed = 0;
const named = Object.entries(cases).filter(([name]) => process.argv.includes(name));
for (const [name, { open, visit: job }] of named.length > 0 ? named : Object.entries(cases)) {
  const opened = await open();
  if (typeof opened === 'string') {
    console.log(`NOT FOUND: ${opened}`);
    if (process.argv.includes('--required')) failed++;
    continue;
  }
  console.log(`${name}: ${opened.name}`);
  try {
    await job(opened, name);
    console.log(`  passed`);
  } catch (error) {
    failed++;
    console.log(`  FAILED: ${String(error)}`);
    writeFileSync(`${pictures}/${name}-failed.png`, await opened.screenshot());
  } finally {
    await opened.close();
  }
}
await server.close();
process.exit(failed > 0 ? 1 : 0);
