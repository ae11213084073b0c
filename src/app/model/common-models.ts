/** Models of the hub that are known to suit: Japanese DeBERTa-v2 and v3 of several makers, whose tokenizers run here. */
export const commonModels = [
  'ku-nlp/deberta-v2-tiny-japanese',
  'ku-nlp/deberta-v2-base-japanese',
  'ku-nlp/deberta-v2-large-japanese',
  'ku-nlp/deberta-v2-base-japanese-char-wwm',
  'ku-nlp/deberta-v3-base-japanese',
  'globis-university/deberta-v3-japanese-base',
  'izumi-lab/deberta-v2-base-japanese',
  'KoichiYasuoka/deberta-base-japanese-wikipedia',
];

/** Whether the card of a model says that its text was segmented by Juman++ first, which nobody does here. Models of characters read plain text. */
export function expectsSegmentedText(id: string): boolean {
  return /^ku-nlp\/deberta-v2-(?!.*-char)/i.test(id);
}
