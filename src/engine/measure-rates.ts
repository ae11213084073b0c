// What a device does in a second, measured with the kernels of a training step at a model's own widths.
import type { Device } from '../devices/device.ts';
import type { DeviceBuffer, KernelCall } from '../kernels/kernel.ts';
import type { TileChoice } from '../kernels/linear/tile.ts';
import type { DebertaConfig } from '../model/config.ts';
import { float32 } from '../model/engine.ts';
import { inputsOf } from './batch-inputs.ts';
import { checkedConfig } from './check-device.ts';
import { stepCalls } from './memory.ts';
import type { Shape } from './space.ts';
import { plainState } from './state.ts';
import { workOf, type DeviceRates, type Work } from './work.ts';

/** Milliseconds that a kind is run for, and of which the best counts: other work on the machine only makes it slower. */
const KIND_MS = 60;
const MOST_RUNS = 8;
/** Shorter runs are repeated without a wait between them: waiting for a GPU takes a millisecond or more. */
const SHORT_MS = 8;

/** Of a device that no attention was measured on: what is seen on processors and GPUs alike, or less. */
const ATTENTION_SHARE = 0.4;
/** Bytes that are moved per FLOP of a product where no copies were measured. */
const BYTES_PER_FLOP = 0.1;

const KINDS = ['products', 'attention', 'copies'] as const satisfies (keyof Work)[];

export function kindOf({ wasm, flops }: KernelCall): keyof Work {
  if (wasm?.kernel === 'matmul') return 'products';
  return flops ? 'attention' : 'copies';
}

/** Rates of a device of which only the FLOPs per second of products are known. */
export function ratesFromProducts(products: number): DeviceRates {
  return { products, attention: ATTENTION_SHARE * products, copies: BYTES_PER_FLOP * products };
}

/** The largest batch of at most B rows of N tokens of which one layer takes a device of these products per second no more than `seconds`. */
export function affordableShape(
  config: DebertaConfig,
  { B, N }: Shape,
  products: number,
  seconds: number,
): Shape {
  const small = checkedConfig(config);
  const shape = { B, N };
  const takes = () => workOf(small, shape, 'train').products / products;
  while (takes() > seconds && shape.B > 1) shape.B = Math.ceil(shape.B / 2);
  while (takes() > seconds && shape.N > 32) shape.N = Math.ceil(shape.N / 2);
  return shape;
}

/**
 * The rates at which the device does the calls of a training step over [B, N] of a model with one layer of this config's widths. Aborted, it gives those
 * that it has, and the others as `ratesFromProducts`; it rejects with the signal's reason where it has none. Throws what the device reported.
 */
export async function measureRates(
  device: Device,
  config: DebertaConfig,
  shape: Shape,
  tiles: TileChoice = device.untimedTiles,
  signal?: AbortSignal,
): Promise<DeviceRates> {
  const small = checkedConfig(config);
  const buffers = new Map<string, DeviceBuffer>();
  const makeBuffer = (name: string, bytes: number) => {
    const buffer = device.createBuffer(name, bytes);
    buffers.set(name, buffer);
    return buffer;
  };
  try {
    const { pass, finish } = stepCalls(small, shape, tiles, float32, false, makeBuffer);
    for (const [name, data] of inputsOf(
      small,
      { ...shape, batch: filledBatch(small, shape), first: 0, counts: [1, 1] },
      1,
      0,
      true,
    )) {
      const buffer = buffers.get(name);
      if (buffer) device.write(buffer, 0, data);
    }
    const state = buffers.get('step state');
    if (state) device.write(state, 0, plainState());
    const work = workOf(small, shape, 'train');
    let rates: DeviceRates | null = null;
    for (const kind of KINDS) {
      if (signal?.aborted) break;
      const calls = [...pass, ...finish].filter((call) => kindOf(call) === kind);
      const seconds = await secondsFor(device, calls, state as DeviceBuffer, signal);
      rates ??= ratesFromProducts(work.products / seconds);
      rates[kind] = work[kind] / seconds;
    }
    device.check();
    if (!rates) throw signal?.reason;
    return rates;
  } finally {
    for (const buffer of buffers.values()) device.destroyBuffer(buffer);
  }
}

/** The best of some runs; the first, in which kernels are made ready and a GPU's pieces find their size, counts only where it is the only one. */
async function secondsFor(
  device: Device,
  calls: readonly KernelCall[],
  waited: DeviceBuffer,
  signal?: AbortSignal,
): Promise<number> {
  const plan = await device.compile(calls);
  const run = async (times: number) => {
    const start = performance.now();
    for (let i = 0; i < times; i++) await device.run([plan]);
    await device.read({ buffer: waited, offset: 0, size: 4 });
    return (performance.now() - start) / times;
  };
  try {
    let best = await run(1);
    if (signal?.aborted) return best / 1000;
    best = await run(1);
    if (best > KIND_MS) return best / 1000;
    const times = Math.max(1, Math.ceil(SHORT_MS / best));
    const begun = performance.now();
    for (let i = 0; i < MOST_RUNS && performance.now() - begun < KIND_MS; i++) {
      if (signal?.aborted) break;
      best = Math.min(best, await run(times));
    }
    return best / 1000;
  } finally {
    plan.dispose();
  }
}

/** Rows without padding. */
export function filledBatch({ vocab_size }: DebertaConfig, { B, N }: Shape) {
  return {
    B,
    N,
    inputIds: new Int32Array(B * N).map((_, at) => at % vocab_size),
    attentionMask: new Int32Array(B * N).fill(1),
    tokenTypeIds: new Int32Array(B * N),
    startPositions: new Int32Array(B),
    endPositions: new Int32Array(B),
  };
}
