import { expect, test } from 'vitest';
import { pointsLost } from './points-lost.ts';

const check = (type: 'fp32' | 'fp16' | 'q8', onnx: number, engine: number) => ({
  type,
  scores: { onnx: { em: onnx, f1: 0 }, engine: { em: engine, f1: 0 } },
});

test('what a smaller file loses is told above two points of exact match', () => {
  expect(pointsLost(check('q8', 0.47, 0.5))).toBeCloseTo(3);
  expect(pointsLost(check('fp16', 0.25, 0.5))).toBeCloseTo(25);
});

test('a loss of two points, a gain, and float32 itself are not told', () => {
  expect(pointsLost(check('q8', 0.48, 0.5))).toBeNull();
  expect(pointsLost(check('q8', 0.75, 0.5))).toBeNull();
  expect(pointsLost(check('fp32', 0.25, 0.5))).toBeNull();
});
