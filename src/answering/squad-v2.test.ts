import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scoreSquadV2 } from '../squad/squad-v2.ts';
import { decodeSquadAnswer } from './decode-squad.ts';
import type { WindowLogits } from './decode.ts';

// tools/squad_v2_fixtures.py: transformers' own functions over random logits.
interface Recorded {
  threshold: number;
  questions: {
    context: string;
    windows: { start: number[]; end: number[]; offsets: ([number, number] | null)[] }[];
    answers: string[];
    text: string;
    difference: number;
  }[];
  figures: Record<string, number>;
}
const sets = JSON.parse(
  readFileSync(new URL('fixtures/squad-v2.json', import.meta.url), 'utf8'),
) as Recorded[];

function windowOf({ start, end, offsets }: Recorded['questions'][number]['windows'][number]): WindowLogits {
  const window = {
    inputIds: new Int32Array(offsets.length),
    tokenTypeIds: new Int32Array(offsets.length),
    sequenceIds: Int8Array.from(offsets, (span) => (span ? 1 : -1)),
    starts: Int32Array.from(offsets, (span) => span?.[0] ?? 0),
    ends: Int32Array.from(offsets, (span) => span?.[1] ?? 0),
  };
  return { window, startLogits: Float32Array.from(start), endLogits: Float32Array.from(end) };
}

test.each(sets)('answers and their differences at the threshold $threshold are those of run_qa.py', (set) => {
  const options = { null_score_diff_threshold: set.threshold };
  const found = set.questions.map(({ context, windows }) => {
    const { text, noAnswerScore } = decodeSquadAnswer(
      context,
      windows.map((window) => windowOf(window)),
      options,
    );
    return [text, noAnswerScore];
  });
  expect(found).toEqual(set.questions.map(({ text, difference }) => [text, difference]));
});

test.each(sets)(
  'the figures at the threshold $threshold are those of squad_metrics.py',
  ({ questions, figures }) => {
    const scored = questions.map(({ answers, text, difference }) => ({
      answers,
      prediction: text,
      noAnswerScore: difference,
    }));
    const ours = scoreSquadV2(scored) as unknown as Record<string, number>;
    expect(Object.keys(ours).toSorted()).toEqual(Object.keys(figures).toSorted());
    for (const [name, value] of Object.entries(figures))
      expect([name, ours[name]]).toEqual([name, expect.closeTo(value, 9)]);
  },
);

test('without questions of one kind its figures are left out', () => {
  const names = Object.keys(scoreSquadV2([{ answers: ['a'], prediction: 'a', noAnswerScore: -1 }]));
  expect(names.some((name) => name.startsWith('NoAns'))).toBe(false);
  expect(names).toContain('HasAns_exact');
});

test('giving no answer where there is none costs nothing on the way to the best threshold', () => {
  const scored = [
    { answers: [], prediction: '', noAnswerScore: -3 },
    { answers: ['a'], prediction: 'a', noAnswerScore: -2 },
    { answers: [], prediction: 'b', noAnswerScore: -1 },
  ];
  // squad_metrics.py: 2 unanswerable questions, and one that is right up to -2.
  expect(scoreSquadV2(scored)).toMatchObject({ best_exact: 100, best_exact_thresh: -2, exact: 200 / 3 });
});
