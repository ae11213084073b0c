// For tests of the processor device: calls of many kernels, in parts and whole, that read each other's results.
import { adamW } from '../../kernels/adamw/adamw.ts';
import { convActivation } from '../../kernels/conv/conv.ts';
import { embed, embedGrad, sortRows } from '../../kernels/embedding/embedding.ts';
import { clipFactor, NORM_PARTS, squareSums } from '../../kernels/grad-norm/grad-norm.ts';
import {
  addNormPartials,
  layerNormGrad,
  PARTIAL_ROWS,
  partialLength,
} from '../../kernels/layer-norm/layer-norm-grad.ts';
import { layerNorm } from '../../kernels/layer-norm/layer-norm.ts';
import { values } from '../../kernels/test-values.ts';
import type { Device } from '../device.ts';
import { allocate, download, runCalls, upload } from '../harness.ts';

const [B, N, width, vocabulary] = [8, 50, 96, 40];
const T = B * N;
const length = T * width;
const eps = 1e-7;

/** Everything that a step of these calls leaves behind. */
export async function resultsOf(device: Device): Promise<Float32Array[]> {
  const ids = Int32Array.from({ length: T }, (_, at) => (at * 7) % vocabulary);
  const state = new Float32Array(64).fill(0.5);
  new Uint32Array(state.buffer).set([7, 1], 13);
  const slices = {
    table: upload(device, values(vocabulary * width, 1)),
    weight: upload(device, values(width, 2)),
    bias: upload(device, values(width, 3)),
    dy: upload(device, values(length, 4)),
    ids: upload(device, ids),
    sorted: upload(device, sortRows(ids, -1)),
    state: upload(device, state),
    mask: upload(device, new Uint32Array(T).fill(1)),
    x: allocate(device, length),
    normed: allocate(device, length),
    active: allocate(device, length),
    dx: allocate(device, length),
    partials: allocate(device, partialLength(T, width)),
    squares: allocate(device, NORM_PARTS),
    gradients: allocate(device, 2 * width),
    dTable: allocate(device, vocabulary * width),
    expAvg: allocate(device, vocabulary * width),
    expAvgSq: allocate(device, vocabulary * width),
  };
  const { table, weight, bias, dy, x, normed, active, dx, partials, gradients, dTable } = slices;
  const drop = { state: slices.state, site: 3, dropout: 0.1 };
  const norm = { label: 'norm', rows: T, width, eps, weight, mask: slices.mask, drop };
  const sums = { partialOffset: 0, blocks: Math.ceil(T / PARTIAL_ROWS), weightOffset: 0, biasOffset: width };
  await runCalls(device, [
    embed({ label: 'embed', B, N, width, ids: slices.ids, word: table, position: null, types: null, y: x }),
    layerNorm({ ...norm, x, bias, y: normed }),
    convActivation({ ...norm, act: 'gelu', x: normed, bias, residual: x, y: active }),
    layerNormGrad({ ...norm, x: active, dy, dx, partials, partialOffset: 0 }),
    addNormPartials({ label: 'sums', width, norms: [sums], partials, gradients }),
    embedGrad({
      label: 'table',
      T,
      rows: vocabulary,
      width,
      dy: dx,
      sorted: slices.sorted,
      dTable,
    }),
    squareSums({
      label: 'squares',
      gradients: dTable,
      length: vocabulary * width,
      partials: slices.squares,
      slab: 0,
    }),
    clipFactor({ label: 'clip', partials: slices.squares, slabs: 1, scaling: false, state: slices.state }),
    adamW({
      label: 'adamw',
      length: vocabulary * width,
      decayed: true,
      weights: table,
      gradients: dTable,
      expAvg: slices.expAvg,
      expAvgSq: slices.expAvgSq,
      state: slices.state,
    }),
  ]);
  return Promise.all(Object.values(slices).map((slice) => download(device, slice)));
}
