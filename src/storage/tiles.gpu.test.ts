import { beforeAll, expect, test } from 'vitest';
import { tiles } from '../kernels/linear/tile.ts';
import { fastestTile, tuneTiles } from '../devices/gpu/tune.ts';
import { Gpu } from '../devices/gpu/device.ts';
import { emptyDatabase } from './test-run.ts';
import { storedTiles } from './tiles.ts';

beforeAll(emptyDatabase);

test('the winner of a timing is one of the tiles, and leaves nothing behind', async () => {
  const gpu = await Gpu.open(navigator.gpu);
  const { liveBytes } = gpu.counters;
  expect(Object.keys(tiles)).toContain(await fastestTile(gpu, [64, 64, 16], Infinity));
  expect(await fastestTile(gpu, [64, 64, 16], performance.now() - 1)).toBeNull();
  expect(gpu.counters.liveBytes).toBe(liveBytes);
  gpu.dispose();
});

test('a GPU is timed within a bounded time, whatever its name, and keeps its tiles between visits', async () => {
  // As Firefox has it: nothing tells that a processor plays GPU.
  const info = { vendor: '', architecture: '', device: '', description: '' };
  const gpu = Object.create(await Gpu.open(navigator.gpu), { info: { value: info } }) as Gpu;
  const start = performance.now();
  const choice = await tuneTiles(gpu, storedTiles);
  // 1.5 s where nothing else is done; the machines of tests have other work.
  expect(performance.now() - start).toBeLessThan(5000);
  const { submits } = gpu.counters;
  expect(await tuneTiles(gpu, storedTiles)).toEqual(choice);
  expect(gpu.counters.submits).toBe(submits);
  gpu.dispose();
});
