import { ManabiError, type ErrorCode } from '../errors/manabi-error.ts';
import {
  chooseExamples,
  encodeExamples,
  usesNegative,
  type EncodedExamples,
  type UnplacedQuestion,
} from '../features/encode-examples.ts';
import type { Feature } from '../features/feature.ts';
import { UnknownCharacterCount, type UnknownCharacters } from '../features/unknown-characters.ts';
import type { SquadData, SquadExample } from '../squad/example.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Longest } from '../training/run-memory.ts';
import type { TrainingArguments } from '../training/training-arguments.ts';
import { checkAnswerable } from './answer.ts';
import { answerCeiling, type Ceiling } from './ceiling.ts';
import type { NegativeScoring } from './evaluation.ts';

export type Role = 'train' | 'evaluation';

/** What training and evaluation take. */
export interface RunRows {
  train: Feature[];
  evaluation: Feature[];
  examples: Record<Role, SquadExample[]>;
  /** How the evaluation treats questions without an answer; null without version_2_with_negative. */
  negative: NegativeScoring | null;
}

/** What is told of them. */
export interface PreparedFigures {
  /** Questions used after sampling. */
  questions: Record<Role, number>;
  /** Of these, questions without an answer. */
  withoutAnswer: Record<Role, number>;
  rows: Record<Role, number>;
  ceiling: Ceiling;
  /** Training rows by length: bin i holds those of 32 i + 1 to 32 (i + 1) tokens. */
  histogram: number[];
  lengths: QuestionLengths;
  longest: Longest;
  /** Characters that the tokenizer does not know, over the rows of both files. */
  unknown: UnknownCharacters;
  /** Questions that the tokenizer could not place, by the code of the reason. */
  excluded: Partial<Record<ErrorCode, number>>;
  /** The first of them, each with its id and the whole error. */
  unplaced: (UnplacedQuestion & { role: Role })[];
}

/** Tokens of the training questions with their whole contexts. */
export interface QuestionLengths {
  /** Bins of 32, as of the rows. */
  histogram: number[];
  mean: number;
  longest: number;
  max_seq_length: number;
  /** Longer than max_seq_length, and whether these are read in several windows. */
  beyond: number;
  inWindows: boolean;
}

const BIN = 32;
const firstOf = <T>(rows: readonly T[]) => rows.slice(0, 50);

/** The questions that a run uses of its two files. Resolves version_2_with_negative where it is null. */
export function chooseForRun(
  files: Record<Role, Pick<SquadData, 'examples'>>,
  args: TrainingArguments,
): { examples: Record<Role, SquadExample[]>; args: TrainingArguments } {
  const negative = usesNegative(args, Object.values(files));
  const { seed, max_train_samples, max_eval_samples } = args;
  const examples = {
    train: chooseExamples(files.train, max_train_samples, seed, negative),
    evaluation: chooseExamples(files.evaluation, max_eval_samples, seed, negative),
  };
  return { examples, args: { ...args, version_2_with_negative: negative } };
}

/**
 * Rows for training and evaluation from the questions chosen for a run; what cannot be placed is left out and told. Throws
 * ManabiError, with the id of a question as its place, where a token has no embedding.
 */
export async function prepareData(
  tokenizer: Tokenizer,
  given: Record<Role, readonly SquadExample[]>,
  args: TrainingArguments,
  onProgress: (done: number, total: number) => void | Promise<void> = () => {},
): Promise<{ rows: RunRows; figures: PreparedFigures }> {
  const total = given.train.length + given.evaluation.length;
  const train = await encodeExamples(tokenizer, given.train, args, {
    onProgress: (done) => onProgress(done, total),
  });
  const evaluation = await encodeExamples(tokenizer, given.evaluation, args, {
    onProgress: (done) => onProgress(given.train.length + done, total),
    check: (example) => checkAnswerable(tokenizer, example),
  });
  const { max_seq_length, doc_stride, null_score_diff_threshold } = args;
  const negative = { max_seq_length, doc_stride, null_score_diff_threshold };
  const rows: RunRows = {
    train: train.rows,
    evaluation: evaluation.rows,
    examples: { train: train.kept, evaluation: evaluation.kept },
    negative: args.version_2_with_negative ? negative : null,
  };
  return { rows, figures: figuresOf(train, evaluation, tokenizer.unkTokenId, args) };
}

/** Throws where no question is left: the first one's own error, since that is what has to be mended. `name` is the file's. */
export function requireQuestions(
  { questions, unplaced }: Pick<PreparedFigures, 'questions' | 'unplaced'>,
  role: Role,
  name: string,
): void {
  if (questions[role] > 0) return;
  const first = unplaced.find((question) => question.role === role);
  if (first) throw new ManabiError(first.code, `${name}: ${first.id}`, first.details);
  throw new ManabiError(role === 'train' ? 'training-no-features' : 'answer-no-questions', name);
}

function figuresOf(
  train: EncodedExamples,
  evaluation: EncodedExamples,
  unkTokenId: number,
  { max_seq_length, return_overflowing_tokens }: TrainingArguments,
): PreparedFigures {
  const unknown = new UnknownCharacterCount(unkTokenId);
  for (const { kept, first } of [train, evaluation]) {
    for (const [i, example] of kept.entries()) unknown.add(example, first[i]);
  }
  const longest = (rows: Feature[]) => rows.reduce((most, row) => Math.max(most, row.inputIds.length), 0);
  const withoutAnswer = ({ kept }: EncodedExamples) => kept.filter((example) => example.is_impossible).length;
  const left = (role: Role, { excluded }: EncodedExamples) =>
    excluded.map((question) => ({ ...question, role }));
  const unplaced = [...left('train', train), ...left('evaluation', evaluation)];
  const excluded: PreparedFigures['excluded'] = {};
  for (const { code } of unplaced) excluded[code] = (excluded[code] ?? 0) + 1;
  return {
    questions: { train: train.kept.length, evaluation: evaluation.kept.length },
    withoutAnswer: { train: withoutAnswer(train), evaluation: withoutAnswer(evaluation) },
    rows: { train: train.rows.length, evaluation: evaluation.rows.length },
    ceiling: answerCeiling(evaluation.first, evaluation.kept),
    histogram: histogramOf(train.rows.map((row) => row.inputIds.length)),
    lengths: {
      histogram: histogramOf(train.lengths),
      mean: train.lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, train.lengths.length),
      longest: train.lengths.reduce((most, length) => Math.max(most, length), 0),
      max_seq_length,
      beyond: train.lengths.filter((length) => length > max_seq_length).length,
      inWindows: return_overflowing_tokens,
    },
    longest: { train: longest(train.rows), evaluation: longest(evaluation.rows) },
    unknown: unknown.result(),
    excluded,
    unplaced: [...firstOf(left('train', train)), ...firstOf(left('evaluation', evaluation))],
  };
}

function histogramOf(lengths: readonly number[]): number[] {
  const histogram: number[] = [];
  for (const length of lengths) {
    const bin = Math.floor((length - 1) / BIN);
    while (histogram.length <= bin) histogram.push(0);
    histogram[bin]++;
  }
  return histogram;
}
