import { beforeAll, expect, test } from 'vitest';
import { tiles, untimedTiles } from '../kernels/linear/tile.ts';
import { fastestTile, tuneTiles } from '../devices/gpu/tune.ts';
import { Gpu } from '../devices/gpu/device.ts';
import { emptyDatabase } from './test-run.ts';
import { storedTiles } from './tiles.ts';

beforeAll(emptyDatabase);

test('the winner of a timing is one of the tiles, and leaves nothing behind', async () => {
  const gpu = await Gpu.open(navigator.gpu);
  const { liveBytes } = gpu.counters;
  expect(Object.keys(tiles)).toContain(await fastestTile(gpu, [64, 64, 16], 1));
  expect(gpu.counters.liveBytes).toBe(liveBytes);
  gpu.dispose();
});

test('a GPU keeps its tiles between visits; a processor that plays GPU is not timed', async () => {
  const gpu = await Gpu.open(navigator.gpu);
  const real = Object.create(gpu, { isSoftware: { value: false } }) as Gpu;
  const { vendor, architecture, device, description } = gpu.info;
  const choice = { large: 'registers32x64', small: 'shared128x64' } as const;
  await storedTiles.set([vendor, architecture, device, description].join('|'), choice);
  expect(await tuneTiles(real, storedTiles)).toEqual(choice);
  expect(await tuneTiles(gpu, storedTiles)).toEqual(untimedTiles(gpu));
  expect(gpu.counters.submits).toBe(0);
  gpu.dispose();
});
