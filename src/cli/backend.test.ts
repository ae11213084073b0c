import { expect, test } from 'vitest';
import { randomWeights, smallModel } from '../engine/test-models.ts';
import { parseConfig } from '../model/config.ts';
import { checkedOn, openGpu } from './backend.ts';

const config = parseConfig({ ...smallModel, num_hidden_layers: 1 }, 'test');

/** Whether a model is put on a GPU whose shaders pass through `alter` on their way to the driver. */
async function isPutOn(alter: (code: string) => string) {
  const gpu = await openGpu();
  const { device } = gpu;
  const createShaderModule = device.createShaderModule.bind(device);
  device.createShaderModule = (descriptor) =>
    createShaderModule({ ...descriptor, code: alter(descriptor.code) });
  try {
    const engine = await checkedOn(gpu)(config, randomWeights(config));
    return engine.device === gpu.name;
  } finally {
    gpu.dispose();
  }
}

test('a run is given a GPU that computes what the processor does, and no other', async () => {
  expect(await isPutOn((code) => code)).toBe(true);
  const wrong = (code: string) => code.replace('state.loss += loss;', 'state.loss += 1.1 * loss;');
  await expect(isPutOn(wrong)).rejects.toMatchObject({ code: 'gpu-wrong' });
});
