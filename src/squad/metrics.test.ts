import { expect, test } from 'vitest';
import { score } from './metrics.ts';

test('jglue counts characters and forgives a final 。', () => {
  expect(score('東京。', ['東京'])).toMatchObject({
    seed_correct: false,
    jglue: { em: 1, f1: 1 },
    squad_v1: { em: 0, f1: 0 },
  });
  expect(score('東京都', ['東京']).jglue.f1).toBeCloseTo(0.8, 12);
});

test('the best gold answer counts, the first one alone for the notebook', () => {
  expect(score('大阪', ['東京', '大阪'])).toMatchObject({
    seed_correct: false,
    jglue: { em: 1 },
    squad_v1: { em: 1 },
  });
});

test('an article beside Japanese is part of a word, as Python sees it', () => {
  expect(score('東京a', ['東京']).squad_v1.em).toBe(0);
  expect(score('the tower', ['Tower!']).squad_v1.em).toBe(1);
});

test('both sides empty: F1 is 0 in v1.1, 1 in v2.0', () => {
  expect(score('', ['。'])).toMatchObject({ jglue: { em: 1, f1: 1 } });
  expect(score('the', ['a'])).toMatchObject({ squad_v1: { em: 1, f1: 0 }, squad_v2: { em: 1, f1: 1 } });
  expect(score('', ['。', '東京']).jglue).toEqual({ em: 0, f1: 0 });
});
