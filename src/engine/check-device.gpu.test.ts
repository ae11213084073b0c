import { afterAll, beforeAll, expect, test } from 'vitest';
import { CpuDevice } from '../devices/cpu/device.ts';
import { Gpu } from '../devices/gpu/device.ts';
import { untimedTiles } from '../kernels/linear/tile.ts';
import { parseConfig } from '../model/config.ts';
import { Mt19937 } from '../random/mt19937.ts';
import { agrees, CHECK_BOUND, compareDevices } from './check-device.ts';
import { smallModel } from './test-models.ts';

let processor: CpuDevice;
beforeAll(async () => {
  processor = await CpuDevice.open({ threads: 1 });
});
afterAll(() => processor.dispose());

const config = parseConfig({ ...smallModel, conv_kernel_size: 3, conv_act: 'tanh' }, 'test');

const alterations = {
  multiplication: { places: /(?<=[\w\])]) \* (?=[\w(])/g, instead: () => ' * 2 * ' },
  index: { places: /(?<=[a-z_]+\[)[a-z]\w*(?=\])/g, instead: (found: string) => `(${found} + 1u)` },
  barrier: { places: /workgroupBarrier\(\);/g, instead: () => '' },
};

/** Every shader with one place altered, as a driver that computes wrong numbers and reports no error. */
function* altered(codes: readonly string[], seed: number) {
  const generator = new Mt19937(seed);
  for (const code of codes) {
    const body = code.indexOf('fn main');
    for (const [kind, { places, instead }] of Object.entries(alterations)) {
      // What a softmax takes off before it exponentiates may be any number: no alteration of it is wrong.
      const isMaximum = (at: number) =>
        code.slice(code.lastIndexOf('\n', at), code.indexOf('\n', at)).includes('max(');
      const found = [...code.matchAll(places)].filter(({ index }) => index > body && !isMaximum(index));
      if (found.length === 0) continue;
      const { index, 0: text } = found[Math.floor(generator.uniform() * found.length)];
      yield { code, kind, wrong: code.slice(0, index) + instead(text) + code.slice(index + text.length) };
    }
  }
}

/** A GPU on which the code of a shader is another one on its way to the driver. */
async function gpuWith(change: (code: string) => string): Promise<Gpu> {
  const gpu = await Gpu.open(navigator.gpu);
  const create = gpu.device.createShaderModule.bind(gpu.device);
  gpu.device.createShaderModule = (descriptor) => create({ ...descriptor, code: change(descriptor.code) });
  return gpu;
}

async function isValid(code: string): Promise<boolean> {
  const gpu = await Gpu.open(navigator.gpu);
  gpu.device.pushErrorScope('validation');
  gpu.device.createShaderModule({ code });
  const error = await gpu.device.popErrorScope();
  gpu.dispose();
  return error === null;
}

/** Each takes a device of its own, whose shaders are compiled anew: 20 of them take minutes on a software adapter. */
const ALTERATIONS = import.meta.env.VITE_ALL_ALTERATIONS ? 20 : 3;

test(
  `a right device is trusted, and one altered shader is found, ${ALTERATIONS} of ${ALTERATIONS}`,
  { timeout: 900_000 },
  async () => {
    const codes = new Set<string>();
    const right = await gpuWith((code) => (codes.add(code), code));
    const differences = await compareDevices(right, processor, config, untimedTiles(right));
    expect(agrees(differences), JSON.stringify(differences)).toBe(true);
    // No false alarm is near: rounding is a tenth of the bound at most.
    expect(Math.max(...Object.values(differences))).toBeLessThan(CHECK_BOUND / 10);
    right.dispose();

    const all = [...altered([...codes], 3)];
    let found = 0;
    // Of all kernels alike.
    for (let at = 0; found < ALTERATIONS; at = (at + 7) % all.length) {
      const { code, kind, wrong } = all[at];
      if (!(await isValid(wrong))) continue;
      const gpu = await gpuWith((given) => (given === code ? wrong : given));
      const seen = await compareDevices(gpu, processor, config, untimedTiles(gpu));
      gpu.dispose();
      // The same to the bit: an offset of 0 doubled, say, which for a model of these sizes is the same program.
      if (JSON.stringify(seen) === JSON.stringify(differences)) continue;
      const line = wrong.split('\n').find((text, i) => text !== code.split('\n')[i]);
      expect(agrees(seen), `${kind}: ${line}: ${JSON.stringify(seen)}`).toBe(false);
      found++;
    }
  },
);
