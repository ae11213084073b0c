import { expect, test } from 'vitest';
import { parseConfig } from '../model/config.ts';
import { cpuMemory } from '../devices/cpu/device.ts';
import { gpuMemory } from '../devices/gpu/device.ts';
import { planMemory, stepCalls, type Pass } from './memory.ts';

const GIB = 2 ** 30;
const gpu = gpuMemory({ maxStorageBufferBindingSize: 128 * 2 ** 20, maxBufferSize: 256 * 2 ** 20 });
const processor = cpuMemory(4 * GIB, 2);
const training = (B: number, N: number): Pass => ({ B, N, mode: 'train' });

const base = parseConfig(
  {
    model_type: 'deberta-v2',
    vocab_size: 32000,
    hidden_size: 768,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    intermediate_size: 3072,
    relative_attention: true,
    position_buckets: 256,
    norm_rel_ebd: 'layer_norm',
    share_att_key: true,
    pos_att_type: ['p2c', 'c2p'],
    position_biased_input: false,
    conv_kernel_size: 3,
    conv_act: 'gelu',
  },
  'test',
);

const flopsOf = (N: number, recompute: boolean) => {
  const { pass, finish } = stepCalls(base, { B: 8, N }, undefined, undefined, recompute);
  const flops = { calls: 0, executed: 0, necessary: 0 };
  for (const call of [...pass, ...finish].filter(({ wgsl }) => wgsl !== null)) {
    flops.calls++;
    flops.executed += call.flops?.executed ?? 0;
    flops.necessary += call.flops?.necessary ?? 0;
    expect(call.bindings.length).toBeLessThanOrEqual(8);
    expect(Math.max(...(call.wgsl?.workgroups ?? []))).toBeLessThanOrEqual(65535);
    expect(4 * call.uniforms.length).toBeLessThanOrEqual(256);
    for (const { size } of call.bindings) expect(size).toBeLessThanOrEqual(128 * 2 ** 20);
  }
  return flops;
};

test.each([gpu, processor])(
  'a base model at batch 8 x 512 fits where layers are computed again',
  (device) => {
    const plan = planMemory(base, [training(8, 512)], device, undefined, true);
    expect(plan.total / GIB).toBeLessThan(2.8);
    expect(plan.fits).toBe(true);
    expect(plan.rowsPerPass).toBe(8);
    expect(planMemory(base, [training(8, 160)], device, undefined, true).total / GIB).toBeLessThan(2.1);
    expect(flopsOf(512, true).calls).toBeLessThanOrEqual(560);
  },
);

test('a step that keeps what its backward pass needs wastes little work', () => {
  const { executed, necessary } = flopsOf(160, false);
  expect(executed / necessary).toBeLessThan(1.03);
  const again = flopsOf(160, true);
  expect(again.necessary).toBe(necessary);
  expect(again.executed / necessary).toBeGreaterThan(1.2);
});

test('a batch that would bind too much is cut into parts', () => {
  const plan = planMemory(base, [training(24, 512)], gpu, undefined, true);
  expect(plan.rowsPerPass).toBeLessThan(24);
  expect(plan.fits).toBe(true);
  expect(plan.total / GIB).toBeLessThan(3.2);
});

test('no dispatch of a base model at batch 8 x 512 holds a GPU of 0.5 TFLOPS for 250 ms', () => {
  const { pass, finish } = stepCalls(base, { B: 8, N: 512 });
  const calls = [...pass, ...finish].filter(({ wgsl }) => wgsl !== null);
  const rate = 0.5e12;
  // At a third of what the GPU could do; what is not counted is bound by memory: 20 GB/s.
  const flops = calls.map((call) => call.flops?.executed ?? 0);
  expect(Math.max(...flops) / (rate / 3)).toBeLessThan(0.25);
  const bytes = calls.map(({ bindings }) => bindings.reduce((sum, { size }) => sum + size, 0));
  expect(Math.max(...bytes) / 20e9).toBeLessThan(0.25);
});
