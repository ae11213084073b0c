import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toFloat32 } from '../checkpoint/element-types.ts';
import { toBfloat16, toFloat16 } from './half-precision.ts';

const bytes = ({ buffer }: Uint16Array) => new Uint8Array(buffer);
const all = Uint16Array.from({ length: 65536 }, (_, bits) => bits);

test.each(['F16', 'BF16'] as const)('every number of %s keeps its bits', (type) => {
  const values = toFloat32(bytes(all), type);
  const numbers = all.filter((_, at) => Number.isFinite(values[at]));
  const finite = values.filter(Number.isFinite);
  const back = type === 'F16' ? toFloat16(finite, '') : toBfloat16(finite);
  expect(back).toEqual(numbers);
});

test.each(['F16', 'BF16'] as const)('%s is the nearest, and the even one of two that are as near', (type) => {
  const sorted = toFloat32(bytes(all), type)
    .filter((value) => value >= 0 && value <= 65504)
    .toSorted();
  const convert = (value: number) => {
    const one = Float32Array.of(value);
    return type === 'F16' ? toFloat16(one, '') : toBfloat16(one);
  };
  const parts = fc.oneof(fc.constant(0.5), fc.double({ min: 0, max: 1, noNaN: true }));
  fc.assert(
    fc.property(fc.nat(sorted.length - 2), parts, (at, part) => {
      const [low, high] = [sorted[at], sorted[at + 1]];
      const value = Math.fround(low + (high - low) * part);
      const [bits] = convert(value);
      const [found] = toFloat32(bytes(Uint16Array.of(bits)), type);
      const distance = Math.min(value - low, high - value);
      expect(Math.abs(found - value)).toBe(distance);
      if (value - low === high - value) expect(bits % 2).toBe(0);
    }),
  );
});

test('a weight that float16 does not have is named', () => {
  expect(() => toFloat16(Float32Array.of(1, -70000), 'qa_outputs.weight')).toThrow(
    expect.objectContaining({
      code: 'export-float16-range',
      place: 'qa_outputs.weight',
      details: { value: -70000 },
    }),
  );
});

test('what is no number stays none', () => {
  expect(toFloat32(bytes(toFloat16(Float32Array.of(NaN, Infinity), '')), 'F16')).toEqual(
    Float32Array.of(NaN, Infinity),
  );
  expect(toFloat32(bytes(toBfloat16(Float32Array.of(NaN, -Infinity))), 'BF16')).toEqual(
    Float32Array.of(NaN, -Infinity),
  );
});
