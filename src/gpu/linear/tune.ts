import type { Gpu } from '../device.ts';
import { allocate, runCalls } from '../harness.ts';
import { Plan } from '../plan.ts';
import { matmul } from './matmul.ts';
import { defaultTiles, tiles, type TileChoice, type TileName } from './tile.ts';

/** Where the winners are remembered between visits; the caller decides what stands behind it. */
export interface TileMemory {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
}

const names = Object.keys(tiles) as TileName[];

/** The products that decide: one with many tiles of 64 x 64, one with few. */
const trials = { large: [1024, 1024, 512], small: [256, 256, 512] } as const;

/**
 * The fastest tiles on this device: timed once (a second at most on a GPU), then taken from `memory`. The choice changes the
 * order of additions, so a run that must be bit-equal keeps the choice it began with.
 */
export async function tuneTiles(gpu: Gpu, memory: TileMemory): Promise<TileChoice> {
  const { vendor, architecture, device, description } = gpu.info;
  const key = `matmul-tiles-1 ${[vendor, architecture, device, description].join('|')}`;
  const known = parseChoice(await memory.get(key));
  if (known) return known;
  const choice = { ...defaultTiles };
  for (const size of ['large', 'small'] as const) {
    let best = Infinity;
    for (const name of names) {
      const time = await timeTile(gpu, name, trials[size]);
      if (time < best) {
        best = time;
        choice[size] = name;
      }
    }
  }
  await memory.set(key, JSON.stringify(choice));
  return choice;
}

function parseChoice(text: string | null): TileChoice | null {
  if (text === null) return null;
  try {
    const value = JSON.parse(text) as Partial<TileChoice>;
    const { large, small } = value;
    return large && small && names.includes(large) && names.includes(small) ? { large, small } : null;
  } catch {
    return null;
  }
}

/** Milliseconds of one Y = X W^T, the best of three batches of repetitions after a warm-up. */
async function timeTile(gpu: Gpu, name: TileName, size: readonly [number, number, number]): Promise<number> {
  const [M, N, K] = size;
  const [a, b, c] = [M * K, N * K, M * N].map((length) => allocate(gpu, length));
  const call = matmul(
    { large: name, small: name },
    {
      label: `tune ${name}`,
      M,
      N,
      K,
      a: { slice: a, ld: K },
      b: { slice: b, ld: K, transposed: true },
      c: { slice: c, ld: N },
    },
  );
  await runCalls(gpu, [call]);
  const repetitions = gpu.isSoftware ? 1 : 20;
  const plan = await Plan.compile(
    gpu,
    Array.from({ length: repetitions }, () => call),
  );
  let best = Infinity;
  for (let trial = 0; trial < 3; trial++) {
    const start = performance.now();
    plan.run();
    await gpu.device.queue.onSubmittedWorkDone();
    best = Math.min(best, (performance.now() - start) / repetitions);
  }
  gpu.check();
  plan.dispose();
  for (const { buffer } of [a, b, c]) gpu.destroyBuffer(buffer);
  return best;
}
