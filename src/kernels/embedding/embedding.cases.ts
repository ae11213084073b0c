import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gatherRows } from '../../model/composed/operations.ts';
import type { Device } from '../../devices/device.ts';
import { allocate, download, runCalls, upload } from '../../devices/harness.ts';
import { relativeError, values } from '../test-values.ts';
import { embed, embedGrad, positionGrad, sortRows } from './embedding.ts';

/** What holds on every device. */
export function describeEmbedding(open: () => Promise<Device>): void {
  let device: Device;
  beforeAll(async () => {
    device = await open();
    await tf.setBackend('cpu');
  });
  afterAll(() => device.dispose());

  const PAD = 0;

  // Row 1 takes most positions: more than the 64 that are summed at once.
  const [B, N, vocabulary] = [5, 37, 11];
  const T = B * N;
  const ids = Int32Array.from({ length: T }, (_, at) => (at % 5 < 3 ? 1 : (at * 7) % vocabulary));
  const types = Int32Array.from({ length: T }, (_, at) => Number(at % N > 20));
  const positions = Int32Array.from({ length: T }, (_, at) => at % N);

  // The last is several parts of work.
  test.each([3, 70, 800])(
    'sum of word, position and type, and the gradients of the tables, width %i',
    async (width) => {
      const shapes = { word: [vocabulary, width], position: [N + 3, width], type: [2, width] };
      const length = ([rows, columns]: number[]) => rows * columns;
      const [word, position, type] = Object.values(shapes).map((shape, i) => values(length(shape), i + 1));
      const dy = values(T * width, 9);
      const y = allocate(device, T * width);
      const slices = [upload(device, word), upload(device, position), upload(device, type)];
      // Gradients are added to.
      const gradients = Object.values(shapes).map((shape) =>
        upload(device, new Float32Array(length(shape)).fill(1)),
      );
      const common = { T, width, dy: upload(device, dy) };
      await runCalls(device, [
        embed({
          label: 'embed',
          B,
          N,
          width,
          ids: upload(device, ids),
          word: slices[0],
          position: slices[1],
          types: { ids: upload(device, types), table: slices[2] },
          y,
        }),
        embedGrad({
          label: 'word',
          ...common,
          rows: vocabulary,
          sorted: upload(device, sortRows(ids, PAD)),
          dTable: gradients[0],
        }),
        positionGrad({ label: 'position', B, N, width, dy: common.dy, dTable: gradients[1] }),
        embedGrad({
          label: 'type',
          ...common,
          rows: 2,
          sorted: upload(device, sortRows(types, -1)),
          dTable: gradients[2],
        }),
      ]);
      const { value, grads } = tf.valueAndGrads((...[w, p, t]: tf.Tensor[]) =>
        tf.addN([gatherRows(w, ids, PAD), gatherRows(p, positions), gatherRows(t, types)]),
      )(
        [word, position, type].map((data, i) =>
          tf.tensor2d(data, Object.values(shapes)[i] as [number, number]),
        ),
        tf.tensor2d(dy, [T, width]),
      );
      expect(relativeError(await download(device, y), value.dataSync())).toBeLessThan(1e-6);
      for (const [i, gradient] of gradients.entries()) {
        const found = (await download(device, gradient)).map((sum) => sum - 1);
        expect(relativeError(found, grads[i].dataSync())).toBeLessThan(2e-6);
      }
    },
  );

  test('a word table alone', async () => {
    const [width, word] = [6, values(vocabulary * 6, 1)];
    const y = allocate(device, T * width);
    await runCalls(device, [
      embed({
        label: 'embed',
        B,
        N,
        width,
        ids: upload(device, ids),
        word: upload(device, word),
        position: null,
        types: null,
        y,
      }),
    ]);
    const wanted = gatherRows(tf.tensor2d(word, [vocabulary, width]), ids);
    expect(await download(device, y)).toEqual(wanted.dataSync());
  });
}
