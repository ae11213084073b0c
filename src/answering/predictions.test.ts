import { expect, test } from 'vitest';
import { predictionsCsv } from './csv.ts';
import type { EvaluationRow } from './evaluation.ts';
import { predictionsJson } from './squad-predictions.ts';

const score = { em: 0, f1: 0 };
const row = (id: string, pred_answer: string): EvaluationRow => ({
  id,
  question: '何か。',
  context: '文章,二',
  actual_answer: '-5度',
  pred_answer,
  prob: 0.5,
  correct: false,
  actualStart: 0,
  predStart: 0,
  outcome: 'elsewhere',
  scores: { seed_correct: false, jglue: score, squad_v1: score, squad_v2: score },
});

test('a text that a spreadsheet would run as a formula is a text', () => {
  const lines = ['=1+1', '+81', '-5', '@SUM(A1)', '\t=1', '5=5', '=HYPERLINK("x","y")'].map((answer, id) =>
    row(String(id), answer),
  );
  const cells = predictionsCsv(lines).trim().split('\r\n').slice(1);
  expect(cells.map((line) => line.slice(line.indexOf(",'-5度,") + 6, line.lastIndexOf(',0.5')))).toEqual([
    "'=1+1",
    "'+81",
    "'-5",
    "'@SUM(A1)",
    "'\t=1",
    '5=5',
    `"'=HYPERLINK(""x"",""y"")"`,
  ]);
});

test('predictions are in the form of SQuAD’s evaluation script', () => {
  expect(JSON.parse(predictionsJson([row('a1', '東京'), row('b2', '')]))).toEqual({ a1: '東京', b2: '' });
});
