import { expect, test } from 'vitest';
import { commonModels, expectsSegmentedText } from './common-models.ts';

test('only the word models of ku-nlp’s second version were pretrained on segmented text', () => {
  expect(commonModels.filter(expectsSegmentedText)).toEqual([
    'ku-nlp/deberta-v2-tiny-japanese',
    'ku-nlp/deberta-v2-base-japanese',
    'ku-nlp/deberta-v2-large-japanese',
  ]);
});
