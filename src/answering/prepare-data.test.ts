import { expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import type { Logits } from '../model/engine.ts';
import type { Batch } from '../features/feature.ts';
import { goldenFixture } from '../parity/fixture-files.ts';
import type { SquadExample } from '../squad/example.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import { checkArguments, defaultArguments } from '../training/training-arguments.ts';
import { answerQuestions } from './answer.ts';
import { answerCeiling } from './ceiling.ts';
import { evaluateExamples } from './evaluation.ts';
import { chooseForRun, prepareData, requireQuestions } from './prepare-data.ts';

const tokenizer = readTokenizer({ 'tokenizer.json': goldenFixture('tokenizers/small/tokenizer.json') });
const example = (id: string, question: string, context: string, answer: string | null): SquadExample => ({
  id,
  title: '',
  question,
  context,
  answers: answer === null ? [] : [{ text: answer, answer_start: context.indexOf(answer) }],
  is_impossible: answer === null,
});
const long = '山手線の新しい駅は二〇二〇年に開業した。'.repeat(12);
const right = example('right', 'いつか。', long, '二〇二〇年');
const none = example('none', '何両か。', long, null);
const wordy = example('wordy', '駅の名前は何か。'.repeat(30), long, '二〇二〇年');
const medium = example('medium', '駅の名前は何か。'.repeat(5), long, '二〇二〇年');
const args = { ...defaultArguments, max_seq_length: 64, doc_stride: 16 };

async function errorOf(work: () => unknown): Promise<string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    return `${error.code} ${error.place}`.trim();
  }
}

test('a question too long is left out with its id; the others are used', async () => {
  const { figures } = await prepareData(tokenizer, { train: [wordy, right], evaluation: [right] }, args);
  expect(figures.questions).toEqual({ train: 1, evaluation: 1 });
  expect(figures.excluded).toEqual({ 'tokenizer-no-room': 1 });
  expect(figures.unplaced).toMatchObject([{ role: 'train', id: 'wordy', code: 'tokenizer-no-room' }]);
});

test('doc_stride that is too large for a question is said so, with the largest that works', async () => {
  const wide = { ...args, doc_stride: 40 };
  const { figures } = await prepareData(tokenizer, { train: [medium], evaluation: [] }, wide);
  const [left] = figures.unplaced;
  expect(left.code).toBe('tokenizer-stride');
  const again = { ...wide, doc_stride: Number(left.details.largest) };
  const mended = await prepareData(tokenizer, { train: [medium], evaluation: [] }, again);
  expect(mended.figures.questions.train).toBe(1);
  const next = { ...again, doc_stride: again.doc_stride + 1 };
  expect(
    (await prepareData(tokenizer, { train: [medium], evaluation: [] }, next)).figures.questions.train,
  ).toBe(0);
});

test('where no question is left the first one’s own error is thrown', async () => {
  const { figures } = await prepareData(tokenizer, { train: [wordy], evaluation: [] }, args);
  expect(await errorOf(() => requireQuestions(figures, 'train', 'a.json'))).toBe(
    'tokenizer-no-room a.json: wordy',
  );
  expect(await errorOf(() => requireQuestions(figures, 'evaluation', 'b.json'))).toBe(
    'answer-no-questions b.json',
  );
  const empty = await prepareData(tokenizer, { train: [], evaluation: [] }, args);
  expect(await errorOf(() => requireQuestions(empty.figures, 'train', 'a.json'))).toBe(
    'training-no-features a.json',
  );
  const blank = example('blank', 'いつか。', ' \u3000 ', null);
  const left = await prepareData(tokenizer, { train: [blank], evaluation: [] }, args);
  expect(await errorOf(() => requireQuestions(left.figures, 'train', 'a.json'))).toBe(
    'features-no-context a.json: blank',
  );
});

test('questions without an answer are used where the data has them, unless the arguments say otherwise', async () => {
  const files = { train: { examples: [right, none] }, evaluation: { examples: [right] } };
  const chosen = chooseForRun(files, args);
  expect(chosen.args.version_2_with_negative).toBe(true);
  const { rows, figures } = await prepareData(tokenizer, chosen.examples, chosen.args);
  expect(figures.withoutAnswer).toEqual({ train: 1, evaluation: 0 });
  expect(rows.negative).toEqual({ max_seq_length: 64, doc_stride: 16, null_score_diff_threshold: 0 });
  const spans = rows.train.filter(({ exampleId }) => exampleId === 'none');
  expect(new Set(spans.map(({ startPosition, endPosition }) => `${startPosition},${endPosition}`))).toEqual(
    new Set(['0,0']),
  );
  const off = chooseForRun(files, { ...args, version_2_with_negative: false });
  expect(off.examples.train).toEqual([right]);
  const plain = chooseForRun({ train: { examples: [right] }, evaluation: { examples: [right] } }, args);
  expect(plain.args.version_2_with_negative).toBe(false);
  expect((await prepareData(tokenizer, plain.examples, plain.args)).rows.negative).toBe(null);
});

/** Prefers [CLS] everywhere: no answer. */
const silent = {
  forward: async ({ B, N }: Batch): Promise<Logits> => {
    const logits = Float32Array.from({ length: B * N }, (_, i) => (i % N === 0 ? 9 : 0));
    return { startLogits: logits, endLogits: logits };
  },
};

test('an evaluation with such questions may answer nothing, and is scored as run_qa.py scores it', async () => {
  const negative = { max_seq_length: 64, doc_stride: 16, null_score_diff_threshold: 0 };
  const found = await evaluateExamples(silent, tokenizer, [right, none], {}, {}, negative);
  expect(found.rows.map(({ pred_answer, outcome }) => [pred_answer, outcome])).toEqual([
    ['', 'unanswered'],
    ['', 'correct'],
  ]);
  expect(found.negative).toMatchObject({ exact: 50, HasAns_exact: 0, NoAns_exact: 100, total: 2 });
  const threshold = { ...negative, null_score_diff_threshold: 100 };
  const answered = await evaluateExamples(silent, tokenizer, [right, none], {}, {}, threshold);
  expect(answered.negative?.NoAns_exact).toBe(0);
  expect((await evaluateExamples(silent, tokenizer, [right])).negative).toBeUndefined();
});

test('padding never goes beyond the model’s own length', async () => {
  const widths: number[] = [];
  const forward = (batch: Batch) => {
    widths.push(batch.N);
    return silent.forward(batch);
  };
  const limited = { ...tokenizer, modelMaxLength: 50 };
  await answerQuestions({ forward }, limited, [{ id: '', question: 'いつか。', context: long }]);
  expect(Math.max(...widths)).toBe(50);
});

test('what cannot be asked is said', async () => {
  const ask = (question: string, context: string, options = {}) =>
    errorOf(() => answerQuestions(silent, tokenizer, [{ id: 'q', question, context }], options));
  expect(await ask('', 'x')).toBe('answer-empty-question q');
  expect(await ask('x', '')).toBe('answer-empty-context q');
  expect(await ask('x', 'y', { max_seq_len: 32, doc_stride: 33 })).toBe('answer-stride');
  expect(await ask(wordy.question, long, { max_seq_len: 64 })).toBe('tokenizer-no-room q');
  const [row] = (await prepareData(tokenizer, { train: [right], evaluation: [] }, args)).rows.train;
  expect(await errorOf(() => answerCeiling([row], []))).toBe('answer-unknown-example right');
  expect(await errorOf(() => checkArguments({ ...args, doc_stride: 64 }))).toBe(
    'training-argument doc_stride',
  );
});

test('lengths are those of the whole contexts, and tell how many max_seq_length cuts', async () => {
  const whole = { ...args, max_seq_length: 512 };
  const all = await prepareData(
    tokenizer,
    { train: [right, example('short', 'いつか。', '昨日。', '昨日')], evaluation: [] },
    whole,
  );
  const { lengths, longest } = all.figures;
  expect(lengths).toMatchObject({ longest: longest.train, beyond: 0, max_seq_length: 512 });
  const cut = await prepareData(
    tokenizer,
    { train: [right, example('short', 'いつか。', '昨日。', '昨日')], evaluation: [] },
    args,
  );
  expect(cut.figures.longest.train).toBe(64);
  expect(cut.figures.lengths).toEqual({ ...lengths, max_seq_length: 64, beyond: 1 });
});
