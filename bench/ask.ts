// npm run bench -- --ask: questions typed into the built page, answered by the built-in model on the processor.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright';
import { build, preview } from 'vite';
import { chromiumPath } from '../e2e/browser.mjs';
import { exampleContext, exampleQuestions } from '../src/app/ask/examples.ts';
import { openModel } from '../src/cli/model-folder.ts';
import { median } from './measure.ts';
import { printRows, type Row } from './processor.ts';

const TOKENS = 120;
const ANSWER_MS = 30;
const PAGE_MS = 20;
/** Longer than the page waits after a key, so that every key is a question. */
const BETWEEN_KEYS_MS = 200;

/** Prints and gives the rows: question to answer, and what the page's thread does meanwhile. */
export async function benchAsk() {
  const context = await contextOf(TOKENS);
  const outDir = await mkdtemp(join(tmpdir(), 'manabi-ask-'));
  await build({ build: { outDir, emptyOutDir: true }, logLevel: 'error' });
  const server = await preview({ build: { outDir }, preview: { port: 0 } });
  // Without WebGPU: the processor answers.
  const browser = await chromium.launch({
    executablePath: chromiumPath() ?? undefined,
    args: ['--no-sandbox'],
  });
  try {
    const page = await browser.newPage({ locale: 'ja-JP' });
    await page.addInitScript(timeAnswers);
    await page.goto(server.resolvedUrls?.local[0] ?? '');
    await page.locator('.badge').waitFor();
    await page.getByLabel('文章', { exact: true }).fill(context);
    // Loads the model, makes the plan of this length, and is left out.
    await ask(page, exampleQuestions[0], 0);
    await page.locator('.found mark.predicted').waitFor();
    const before = (await answerTimes(page)).length;
    await browser.startTracing(page, { categories: ['devtools.timeline', 'toplevel'] });
    for (const question of exampleQuestions) await ask(page, question, BETWEEN_KEYS_MS);
    await page.waitForTimeout(1000);
    const trace = JSON.parse((await browser.stopTracing()).toString()) as { traceEvents: TraceEvent[] };
    const answers = (await answerTimes(page)).slice(before);
    const tasks = pageTasks(trace.traceEvents);
    const machine = { device: await page.locator('.badge').innerText(), tokens: TOKENS };
    console.log(JSON.stringify(machine));
    const rows: Row[] = [
      row(
        'question to answer, median ms',
        median(answers),
        ANSWER_MS,
        `${answers.length} answers, slowest ${Math.max(...answers).toFixed(1)} ms`,
      ),
      row('longest work of the page’s thread, ms', Math.max(...tasks), PAGE_MS, `${tasks.length} tasks`),
    ];
    printRows(rows);
    return { machine, rows };
  } finally {
    await browser.close();
    await server.close();
    await rm(outDir, { recursive: true });
  }
}

const row = (name: string, value: number, most: number, detail: string): Row => ({
  name: `ask: ${name}`,
  value,
  most,
  detail,
});

/** A text of so many tokens or a few more. */
async function contextOf(tokens: number): Promise<string> {
  const { tokenizer } = await openModel('public/model', 42, '');
  const sentences = exampleContext.repeat(10).match(/[^。]+。/g) ?? [];
  let context = '';
  for (const sentence of sentences) {
    if (tokenizer.encode(context).ids.length >= tokens) break;
    context += sentence;
  }
  return context;
}

async function ask(page: Page, question: string, delay: number): Promise<void> {
  const field = page.getByLabel('質問', { exact: true });
  await field.fill('');
  await field.pressSequentially(question, { delay });
}

/** In the page: from the message that asks the worker until the one that answers. */
function timeAnswers(): void {
  const times: number[] = [];
  Object.assign(globalThis, { answerTimes: times });
  const asked = new Map<string, number>();
  const heard = new WeakSet<Worker>();
  const post = Worker.prototype.postMessage as (...values: unknown[]) => void;
  Worker.prototype.postMessage = function (this: Worker, ...values: unknown[]) {
    const { id, path } = values[0] as { id?: string; path?: string[] };
    if (id && path?.at(-1) === 'ask') {
      asked.set(id, performance.now());
      if (!heard.has(this)) {
        heard.add(this);
        this.addEventListener('message', ({ data }: MessageEvent<{ id?: string }>) => {
          const begun = asked.get(data.id ?? '');
          if (begun !== undefined) times.push(performance.now() - begun);
        });
      }
    }
    post.apply(this, values);
  };
}

function answerTimes(page: Page): Promise<number[]> {
  return page.evaluate(() => (globalThis as unknown as { answerTimes: number[] }).answerTimes);
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Microseconds of the thread itself, without those in which it waited for a core. */
  tdur?: number;
  args: { name?: string };
}

/** Milliseconds of each task of the page's main thread. */
function pageTasks(events: readonly TraceEvent[]): number[] {
  const pages = new Set(events.filter(({ name }) => name === 'EventDispatch').map(({ pid }) => pid));
  const mains = events.filter(
    ({ name, pid, args }) => name === 'thread_name' && args.name === 'CrRendererMain' && pages.has(pid),
  );
  const found = events
    .filter(({ name, pid, tid }) => {
      return (
        name === 'ThreadControllerImpl::RunTask' && mains.some((main) => main.pid === pid && main.tid === tid)
      );
    })
    .map(({ tdur = 0 }) => tdur / 1000);
  if (found.length === 0) throw new Error('The trace has no task of the page.');
  return found;
}
