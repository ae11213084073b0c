import type { Gpu } from './device.ts';
import { Plan } from './plan.ts';
import { matmul } from '../../kernels/linear/matmul.ts';
import {
  defaultTiles,
  isTileChoice,
  softwareTiles,
  tiles,
  type TileChoice,
  type TileName,
} from '../../kernels/linear/tile.ts';

/** Where the winners are remembered between visits, by GPU. */
export interface TileMemory {
  get(gpu: string): Promise<unknown>;
  set(gpu: string, choice: TileChoice): Promise<void>;
}

const names = Object.keys(tiles) as TileName[];

/** The products that decide: one with many tiles of 64 x 64, one with few. */
const trials = { large: [1024, 1024, 512], small: [256, 256, 512] } as const satisfies Record<
  keyof TileChoice,
  Trial
>;

/** No tile is timed after this; the one that is being timed then takes TRIAL_MS at most. */
const BUDGET_MS = 500;
const TRIAL_MS = 60;

/**
 * The fastest tiles on this device: timed once, within about half a second on any device, then taken from `memory`. Nothing is decided by the adapter's
 * name, which Firefox does not tell: where a small product shows that large ones would take too long, a processor plays GPU. The choice
 * changes the order of additions, so a run that must be bit-equal keeps the choice it began with.
 */
export async function tuneTiles(gpu: Gpu, memory: TileMemory, signal?: AbortSignal): Promise<TileChoice> {
  const { vendor, architecture, device, description } = gpu.info;
  const browser = globalThis.navigator?.userAgent ?? '';
  const key = [vendor, architecture, device, description, browser].join('|');
  const known = await memory.get(key);
  if (isTileChoice(known)) return known;
  const choice = await timeTiles(gpu, signal);
  if (!signal?.aborted) await memory.set(key, choice);
  return choice;
}

async function timeTiles(gpu: Gpu, signal?: AbortSignal): Promise<TileChoice> {
  const end = performance.now() + BUDGET_MS;
  const probe =
    (await timeTile(gpu, trials.small, defaultTiles.small)) * (volume(trials.large) / volume(trials.small));
  if (probe > TRIAL_MS) return softwareTiles;
  return {
    small: (await fastestTile(gpu, trials.small, end, signal)) ?? defaultTiles.small,
    large: (await fastestTile(gpu, trials.large, end, signal)) ?? defaultTiles.large,
  };
}

type Trial = readonly [M: number, N: number, K: number];

const volume = ([M, N, K]: Trial) => M * N * K;

/** The tile with the shortest time, or null where the time was over (`end`, as performance.now() tells it) before all were timed. */
export async function fastestTile(
  gpu: Gpu,
  trial: Trial,
  end: number,
  signal?: AbortSignal,
): Promise<TileName | null> {
  let fastest: TileName = names[0];
  let best = Infinity;
  for (const name of names) {
    if (performance.now() > end || signal?.aborted) return null;
    const time = await timeTile(gpu, trial, name);
    if (time < best) {
      best = time;
      fastest = name;
    }
  }
  return fastest;
}

/** Milliseconds of one product: the best of what fits into half of TRIAL_MS, but one in any case. Throws what the device reported. */
async function timeTile(gpu: Gpu, [M, N, K]: Trial, name: TileName): Promise<number> {
  const slices = [M * K, N * K, M * N].map((length) => {
    const buffer = gpu.createBuffer('tune', 4 * length);
    return { buffer, offset: 0, size: 4 * length };
  });
  const [a, b, c] = slices;
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
  const plan = await Plan.compile(gpu, [call]);
  try {
    let best = Infinity;
    let repetitions = 1;
    const begun = performance.now();
    do {
      const start = performance.now();
      for (let i = 0; i < repetitions; i++) await gpu.run([plan]);
      await gpu.done();
      const each = (performance.now() - start) / repetitions;
      best = Math.min(best, each);
      // Where it is quick, more at once are told apart better.
      if (each * repetitions < TRIAL_MS / 10) repetitions *= 4;
    } while (performance.now() - begun < TRIAL_MS / 2);
    gpu.check();
    return best;
  } finally {
    plan.dispose();
    for (const { buffer } of slices) gpu.destroyBuffer(buffer);
  }
}
