// npm run bench -- --processor [--chromium] [--size ...] [--tokens ...]: our engine on the processor against PyTorch eager on as many threads, each
// figure with its bound. How to read it: README.md.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpus } from 'node:os';
import { float32 } from '../src/model/engine.ts';
import { stepCalls } from '../src/engine/memory.ts';
import { callInPage, inChromium } from './chromium.ts';
import { flopsOf } from './flops.ts';
import { median } from './measure.ts';
import { ProcessorSteps, type ProcessorFacts } from './processor-steps.ts';
import { missingPytorch, PytorchSteps, type Work } from './pytorch.ts';
import { print } from './report.ts';
import { configJson, configOf, type SizeName } from './sizes.ts';

const BATCH = 8;
const ROUNDS = 3;
/** Until the threads of the one before have stopped to look for work: theirs spin for 200 ms. */
const PAUSE_MS = 300;

interface Goal {
  size: SizeName;
  N: number;
  /** Steps that are timed together. */
  steps: number;
  /** Threads -> at most this share of PyTorch's time on as many. */
  share: Readonly<Record<number, number>>;
  /** How many times as fast two threads are at least, compared with one. */
  scaling?: number;
}

const goals: readonly Goal[] = [
  { size: 'tiny', N: 64, steps: 10, share: { 2: 0.8, 1: 1.2 } },
  { size: 'tiny', N: 96, steps: 8, share: { 2: 0.8, 1: 1.2 } },
  { size: 'tiny', N: 128, steps: 6, share: { 2: 0.8, 1: 1.2 } },
  { size: 'small', N: 128, steps: 3, share: { 2: 1 }, scaling: 1.8 },
  { size: 'base', N: 160, steps: 1, share: { 2: 1.25 } },
];

const JAVASCRIPT_MS = 2;
const FLOPS_RATIO = 1.03;
const OF_PLAN = 0.02;

/** A figure, between its bounds or not. */
export interface Row {
  name: string;
  value: number;
  least?: number;
  most?: number;
  /** The two that it is a quotient of. */
  detail: string;
}

export const isKept = ({ value, least = -Infinity, most = Infinity }: Row): boolean =>
  value >= least && value <= most;

/** Ours, in Node or in a page. */
interface OurSteps {
  time(work: Work, count: number): Promise<number>;
  timeJavaScript(count: number): Promise<number>;
  facts(): ProcessorFacts | Promise<ProcessorFacts>;
  dispose(): unknown;
}

type OpenOurs = (goal: Goal, threads: number) => Promise<OurSteps>;

/** Prints and gives all rows of these shapes; `tokens` null: of all lengths. Throws where PyTorch is missing. */
export async function benchProcessor(
  sizes: readonly SizeName[],
  tokens: readonly number[] | null,
  inBrowser: boolean,
) {
  const missing = await missingPytorch();
  if (missing) throw new Error(missing);
  const chosen = goals.filter(({ size, N }) => sizes.includes(size) && (tokens?.includes(N) ?? true));
  if (chosen.length === 0) {
    const known = goals.map(({ size, N }) => `${size} ${N}`).join(', ');
    throw new Error(`No figure is asked of this size at this length. There are: ${known}.`);
  }
  const { rows, machine } = await (inBrowser ? inPages(chosen) : measure(chosen, openHere, process.version));
  // In the order of the goals, the missed ones last.
  rows.sort((a, b) => Number(isKept(b)) - Number(isKept(a)));
  printRows(rows);
  return { machine, rows };
}

export function printRows(rows: readonly Row[]): void {
  console.log();
  print(rows.map(cellsOf));
  const missed = rows.filter((row) => !isKept(row)).length;
  console.log(`\n${rows.length - missed} of ${rows.length} figures keep their bounds.`);
}

const openHere: OpenOurs = ({ size, N }, threads) =>
  ProcessorSteps.open(size, configJson(size), [BATCH, N], threads);

function inPages(chosen: readonly Goal[]) {
  return inChromium((openPage) => {
    const open: OpenOurs = async ({ size, N }, threads) => {
      const page = await openPage();
      const call = <T>(name: string, ...values: unknown[]) =>
        callInPage<T>(page, '/bench/processor-page.ts', `steps.${name}`, values);
      await call<void>('open', size, configJson(size), [BATCH, N], threads);
      return {
        time: (work, count) => call<number>('time', work, count),
        timeJavaScript: (count) => call<number>('timeJavaScript', count),
        facts: () => call<ProcessorFacts>('facts'),
        dispose: () => page.close(),
      };
    };
    return measure(chosen, open, 'Chromium');
  });
}

async function measure(chosen: readonly Goal[], open: OpenOurs, where: string) {
  const rows: Row[] = [];
  let machine = {};
  for (const goal of chosen) {
    console.log(`${goal.size} ${BATCH} x ${goal.N} ...`);
    const found = await measureGoal(goal, open);
    const processor = `${cpus()[0].model}, ${cpus().length} threads`;
    machine = { where, relaxed_simd: found.relaxed_simd, torch: found.torch, processor };
    rows.push(...found.rows);
  }
  console.log(JSON.stringify(machine));
  return { machine, rows };
}

/** One of those that take turns: ours or PyTorch on a number of threads. */
interface Contestant {
  time(work: Work, count: number): Promise<number>;
}

async function measureGoal(goal: Goal, open: OpenOurs) {
  const { size, N, steps, share, scaling } = goal;
  const compared = Object.keys(share).map(Number);
  const ours = new Map<number, OurSteps>();
  const theirs = new Map<number, PytorchSteps>();
  for (const threads of new Set([...compared, ...(scaling === undefined ? [] : [1])])) {
    ours.set(threads, await open(goal, threads));
  }
  for (const threads of compared) {
    theirs.set(threads, await PytorchSteps.open(size, BATCH, N, { device: 'cpu', threads }));
  }
  const contestants = new Map<string, Contestant>();
  for (const [threads, our] of ours) {
    contestants.set(`ours ${threads}`, our);
    const their = theirs.get(threads);
    const time = async (work: Work, count: number) => (await their!.time(work, count)).ms;
    if (their) contestants.set(`theirs ${threads}`, { time });
  }
  for (const their of theirs.values()) await their.time('step', 2);
  const step = await takeTurns(contestants, 'step', steps);
  const first = ours.get(compared[0])!;
  const facts = await first.facts();
  const javascript = await first.timeJavaScript(steps);
  for (const contestant of contestants.values()) await contestant.time('forward', 2);
  const forward = await takeTurns(contestants, 'forward', 2 * steps);
  for (const contestant of [...ours.values(), ...theirs.values()]) await contestant.dispose();

  const shape = `${size} ${BATCH} x ${N}`;
  const rows: Row[] = [];
  for (const threads of compared) {
    const on = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
    const row = compare(step, threads);
    rows.push({ name: `${shape}, step, ${on}: time / PyTorch's`, ...row, most: share[threads] });
    const bound = row.value;
    rows.push({
      name: `${shape}, forward, ${on}: time / PyTorch's`,
      ...compare(forward, threads),
      most: bound,
    });
  }
  if (scaling !== undefined) {
    const [one, two] = [step.get('ours 1')!, step.get('ours 2')!];
    const detail = `${one.toFixed(1)} and ${two.toFixed(1)} ms`;
    rows.push({
      name: `${shape}, step: 1 thread / 2 threads`,
      value: one / two,
      least: scaling,
      detail,
    });
  }
  rows.push(...countedRows(goal, shape, facts, javascript));
  return { rows, relaxed_simd: facts.relaxed_simd, torch: theirs.get(compared[0])!.torch };
}

/** Ours, PyTorch, ours, PyTorch, ...: who takes turns -> the median of its milliseconds. */
async function takeTurns(contestants: ReadonlyMap<string, Contestant>, work: Work, count: number) {
  const times = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, contestant] of contestants) {
      await sleep(PAUSE_MS);
      const ms = await contestant.time(work, count);
      times.set(name, [...(times.get(name) ?? []), ms]);
    }
  }
  return new Map([...times].map(([name, list]) => [name, median(list)]));
}

function compare(times: ReadonlyMap<string, number>, threads: number) {
  const [our, their] = ['ours', 'theirs'].map((name) => times.get(`${name} ${threads}`)!);
  return { value: our / their, detail: `${our.toFixed(1)} and ${their.toFixed(1)} ms` };
}

/** What hangs on no other process. */
function countedRows({ size, N }: Goal, shape: string, facts: ProcessorFacts, javascript: number): Row[] {
  const { buffers_after_second_step, bytes_after_second_step, peak_bytes, planned_bytes } = facts;
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);
  const rows: Row[] = [
    {
      name: `${shape}: buffers made after the second step`,
      value: buffers_after_second_step,
      most: 0,
      detail: '',
    },
    {
      name: `${shape}: bytes that memory grew after the second step`,
      value: bytes_after_second_step,
      most: 0,
      detail: '',
    },
    {
      name: `${shape}: JavaScript of a step, ms`,
      value: javascript,
      most: JAVASCRIPT_MS,
      detail: '',
    },
    {
      name: `${shape}: peak of memory / planned`,
      value: peak_bytes / planned_bytes,
      least: 1 - OF_PLAN,
      most: 1 + OF_PLAN,
      detail: `${mib(peak_bytes)} and ${mib(planned_bytes)} MiB`,
    },
  ];
  const calls = stepCalls(configOf(size), { B: BATCH, N }, undefined, float32);
  for (const kind of ['cpu', 'gpu'] as const) {
    const { executed, necessary } = flopsOf(calls, kind);
    rows.push({
      name: `${shape}, ${kind === 'cpu' ? 'processor' : 'GPU'}: executed / necessary FLOPs`,
      value: executed / necessary,
      most: FLOPS_RATIO,
      detail: `${(executed / 1e9).toFixed(3)} and ${(necessary / 1e9).toFixed(3)} GFLOP`,
    });
  }
  return rows;
}

function cellsOf(row: Row) {
  const { name, value, least, most, detail } = row;
  const text = (figure: number) => (Number.isInteger(figure) ? String(figure) : figure.toFixed(4));
  const bounds = [
    least === undefined ? '' : `>= ${text(least)}`,
    most === undefined ? '' : `<= ${text(most)}`,
  ];
  return {
    figure: name,
    measured: text(value),
    bound: bounds.filter(Boolean).join(', '),
    detail,
    kept: isKept(row) ? 'yes' : 'MISSED',
  };
}
