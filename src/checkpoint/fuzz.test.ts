import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { bytesSource } from './byte-source.ts';
import { fixture } from './fixture-files.ts';
import { openSafetensors } from './safetensors.ts';
import { openTorchWeights } from './torch-file.ts';

const files = ['torch-zip.bin', 'torch-protocol-4.bin', 'torch-legacy.bin', 'torch-expected.safetensors'];

const damage = fc.record({
  flips: fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { maxLength: 6 }),
  // Most damage is to the head or the tail, where the structure is.
  near: fc.constantFrom('head', 'tail', 'anywhere'),
  keep: fc.option(fc.nat(), { freq: 3 }),
});

test.each(files)('%s damaged anywhere gives a ManabiError or tensors of the shape they say', async (name) => {
  const whole = fixture(name);
  const isSafetensors = name.endsWith('.safetensors');
  await fc.assert(
    fc.asyncProperty(damage, async ({ flips, near, keep }) => {
      const bytes = keep === null ? whole.slice() : whole.slice(0, keep % (whole.length + 1));
      for (const { at, to } of flips) {
        const from = near === 'tail' ? Math.max(0, bytes.length - 1200) : 0;
        const range = near === 'anywhere' ? bytes.length : Math.min(bytes.length, 1200);
        if (range > 0) bytes[from + (at % range)] = to;
      }
      try {
        const source = bytesSource(name, bytes);
        const file = await (isSafetensors ? openSafetensors(source) : openTorchWeights(source));
        for (const { shape, data } of (await file.read(file.shapes.keys())).values()) {
          expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
        }
      } catch (error) {
        expect(error).toBeInstanceOf(ManabiError);
      }
    }),
    { numRuns: 1500, seed: 4 },
  );
});
