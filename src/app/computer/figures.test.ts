import { expect, test } from 'vitest';
import { parseConfig } from '../../model/config.ts';
import { baseConfig } from './base-config.ts';
import { computerText, figuresOf } from './figures.ts';

const rates = { products: 60e9, attention: 8e9, copies: 13.6e9 };
const base = parseConfig(baseConfig, 'base');

test('figures are rounded to what a measurement tells, and examples follow from all three rates', () => {
  const { products, attention, copies, examples } = figuresOf(rates);
  expect([products, attention, copies]).toEqual(['60 GFLOPS', '8 GFLOPS', '14 GB/s']);
  // 572 GFLOP of products and 14.5 of attention in a step of 8 rows (npm run bench counts them).
  expect(Number(examples(base))).toBeCloseTo(8 / (572.6 / 60 + 14.5 / 8), 1);
  const half = { products: 30e9, attention: 4e9, copies: 6.8e9 };
  expect(Number(figuresOf(half).examples(base))).toBeCloseTo(Number(examples(base)) / 2, 1);
});

test('the text has a line for every fact, and none for what was not measured', () => {
  const text = computerText(
    {
      device: { name: 'CPU', backend: 'cpu', threads: 7 },
      gpuName: 'some gpu',
      gpuFacts: { adapter: 'a | b', maxBufferSize: 1024 },
      noGpu: null,
      rates: { webgpu: null, tfjs: null, cpu: rates },
      left: {
        to: 'cpu',
        error: { ok: false, code: 'gpu-wrong', place: '', details: {} },
        report: 'logits: 3',
      },
    },
    { base },
    { browser: 'Browser 1', isolated: true },
  );
  expect(text.split('\n')).toEqual([
    'computes: cpu (CPU, 7 threads)',
    'gpu: some gpu',
    'adapter: a | b',
    'maxBufferSize: 1024',
    'browser: Browser 1',
    'isolated: true',
    'cpu measured: products 60 GFLOPS, attention 8 GFLOPS, memory 14 GB/s',
    'cpu estimated, base, 8 x 128: 0.68 examples/s',
    'left: for cpu',
    'logits: 3',
  ]);
});
