import { memory64, relaxedSimd } from 'wasm-feature-detect';
import { afterEach, describe, expect, test } from 'vitest';
import { dropout } from '../../kernels/dropout/dropout-kernel.ts';
import { relativeError } from '../../kernels/test-values.ts';
import { allocate, download, runCalls, upload } from '../harness.ts';
import { CpuDevice, type CpuOptions } from './device.ts';
import { resultsOf } from './sample-calls.ts';

const plain = { relaxed: false, wide: false };

const devices: CpuDevice[] = [];
afterEach(() => {
  for (const device of devices.splice(0)) device.dispose();
});

async function open(options: CpuOptions): Promise<CpuDevice> {
  const device = await CpuDevice.open({ build: plain, ...options });
  devices.push(device);
  return device;
}

/** A NaN equals itself here, and 0 does not equal -0. */
const bits = (results: Float32Array[]) => results.map((data) => Buffer.from(data.buffer).toString('base64'));

test('1, 2, 4 and 16 threads give the same bits', async () => {
  const wanted = bits(await resultsOf(await open({ threads: 1 })));
  for (const threads of [2, 4, 16]) {
    const device = await open({ threads });
    expect(device.threads).toBe(threads);
    // Threads that come late are part of the game: again and again.
    for (let run = 0; run < 5; run++) expect(bits(await resultsOf(device))).toEqual(wanted);
  }
});

describe('builds', async () => {
  const accepted = { memory64: await memory64(), relaxedSimd: await relaxedSimd() };

  test.skipIf(!accepted.memory64)('addresses of 64 bits change no bit', async () => {
    const wanted = bits(await resultsOf(await open({ threads: 2 })));
    const wide = await open({ threads: 2, build: { relaxed: false, wide: true } });
    expect(bits(await resultsOf(wide))).toEqual(wanted);
  });

  test.skipIf(!accepted.relaxedSimd)('fused operations change roundings only', async () => {
    const wanted = await resultsOf(await open({ threads: 2 }));
    const found = await resultsOf(await open({ threads: 2, build: { relaxed: true, wide: false } }));
    for (const [i, data] of found.entries()) {
      if (wanted[i].some((value) => value !== 0)) expect(relativeError(data, wanted[i])).toBeLessThan(1e-5);
    }
  });

  test.skipIf(accepted.memory64)('wide addresses that the machine lacks are refused by name', async () => {
    await expect(CpuDevice.open({ wide: true })).rejects.toMatchObject({ code: 'cpu-no-memory64' });
  });
});

describe('a thread that dies', () => {
  const length = 2 ** 25;

  /** A call of two parts: the first takes long, the second leaves the memory. */
  function brokenCall(device: CpuDevice) {
    const x = upload(device, new Float32Array(length));
    const drop = { state: allocate(device, 64), site: 0, dropout: 0.5 };
    const call = dropout({ label: 'broken', x, y: x, length: 2 ** 30 - 4, drop });
    return { ...call, wasm: { kernel: 'dropout', parts: 2, variant: [length] } };
  }

  test.each([1, 2, 4])('ends the run with its reason, %i threads', async (threads) => {
    const device = await open({ threads });
    const call = brokenCall(device);
    await expect(runCalls(device, [call])).rejects.toMatchObject({ code: 'cpu-thread' });
    expect(await device.lost).toMatch(/memory access out of bounds/);
    // Nothing more is computed or read there.
    await expect(runCalls(device, [call])).rejects.toMatchObject({ code: 'cpu-thread' });
    await expect(device.read(call.bindings[0])).rejects.toMatchObject({ code: 'cpu-thread' });
  });
});

describe('memory', () => {
  test('that is refused is told, and the rest goes on', async () => {
    const device = await open({ threads: 2 });
    const before = await resultsOf(device);
    expect(() => device.createBuffer('too much', 2 ** 40)).toThrow(
      expect.objectContaining({ code: 'cpu-memory' }),
    );
    expect(await device.hasRoomFor(() => device.createBuffer('too much', 2 ** 40))).toBe(false);
    expect(await device.hasRoomFor(() => device.createBuffer('little', 2 ** 20))).toBe(true);
    expect(bits(await resultsOf(device))).toEqual(bits(before));
  });

  test('is zero where it was used before, and counted', async () => {
    const device = await open({ threads: 1 });
    const { liveBytes } = device.counters;
    const used = upload(device, new Float32Array(5000).fill(3));
    device.destroyBuffer(used.buffer);
    expect(device.counters.liveBytes).toBe(liveBytes);
    expect(await download(device, allocate(device, 5000))).toEqual(new Float32Array(5000));
  });
});
