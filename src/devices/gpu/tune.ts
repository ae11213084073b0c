import type { Gpu } from './device.ts';
import { Plan } from './plan.ts';
import { matmul } from '../../kernels/linear/matmul.ts';
import {
  isTileChoice,
  tiles,
  untimedTiles,
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

/**
 * The fastest tiles on this device: timed once (a second at most on a GPU), then taken from `memory`. The choice changes the
 * order of additions, so a run that must be bit-equal keeps the choice it began with.
 *
 * A processor that plays GPU is not timed: SwiftShader took 78 s for the timing (2 threads, other work beside
 * it), as long as a dozen steps of the built-in model, and the winner changed with what else the machine did.
 */
export async function tuneTiles(gpu: Gpu, memory: TileMemory): Promise<TileChoice> {
  if (gpu.isSoftware) return untimedTiles(gpu);
  const { vendor, architecture, device, description } = gpu.info;
  const key = [vendor, architecture, device, description].join('|');
  const known = await memory.get(key);
  if (isTileChoice(known)) return known;
  const choice = {
    large: await fastestTile(gpu, trials.large),
    small: await fastestTile(gpu, trials.small),
  };
  await memory.set(key, choice);
  return choice;
}

type Trial = readonly [M: number, N: number, K: number];

/** `repetitions` of the product per timing: enough to tell tiles apart on a GPU. */
export async function fastestTile(gpu: Gpu, trial: Trial, repetitions = 20): Promise<TileName> {
  const [M, N, K] = trial;
  const [a, b, c] = [M * K, N * K, M * N].map((length) => {
    const buffer = gpu.createBuffer('tune', 4 * length);
    return { buffer, offset: 0, size: 4 * length };
  });
  let fastest: TileName = names[0];
  let best = Infinity;
  for (const name of names) {
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
    const plan = await Plan.compile(
      gpu,
      Array.from({ length: repetitions }, () => call),
    );
    const time = await shortest(gpu, plan);
    plan.dispose();
    if (time < best) {
      best = time;
      fastest = name;
    }
  }
  for (const { buffer } of [a, b, c]) gpu.destroyBuffer(buffer);
  return fastest;
}

/** Milliseconds: the best of three runs after one to warm up. Throws what the device reported. */
async function shortest(gpu: Gpu, plan: Plan): Promise<number> {
  let best = Infinity;
  for (let trial = 0; trial < 4; trial++) {
    const start = performance.now();
    await gpu.run([plan]);
    await gpu.device.queue.onSubmittedWorkDone();
    if (trial > 0) best = Math.min(best, performance.now() - start);
  }
  gpu.check();
  return best;
}
