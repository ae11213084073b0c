import { expect, test } from 'vitest';
import { requireAgreement } from './check-gpu.ts';

test('a GPU that computes other numbers is not trained on, and its largest difference is told', () => {
  const differences = { logits: 1e-6, loss: 0, gradients: 0.25, moments: 1e-5, weights: 0 };
  expect(() => requireAgreement({ agrees: false, differences }, 'GPU')).toThrow(
    expect.objectContaining({
      code: 'gpu-wrong',
      place: 'GPU',
      details: { difference: '0.25', bound: 1e-3 },
    }),
  );
  expect(() => requireAgreement({ agrees: true, differences }, 'GPU')).not.toThrow();
});
