import type { Engine } from '../model/engine.ts';
import { codePointLength } from '../squad/code-points.ts';
import type { SquadExample } from '../squad/example.ts';
import { score, type Score, type Scores } from '../squad/metrics.ts';
import { pythonStripLeft } from '../squad/python-text.ts';
import { scoreSquadV2, type SquadV2Scores } from '../squad/squad-v2.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { answerQuestions, windowLogits, type AnsweringControl, type PipelineOptions } from './answer.ts';
import { decodeSquadAnswer } from './decode-squad.ts';

/** How a wrong answer is wrong; `correct` is the notebook's exact equality. */
export type Outcome =
  | 'correct'
  | 'too-long'
  | 'too-short'
  | 'overlap'
  | 'elsewhere'
  /** No answer was given to a question that has one; one was given to a question that has none. */
  | 'unanswered'
  | 'answered';

/** One row of the reference recipe's table, and what stands beside it. */
export interface EvaluationRow {
  id: string;
  question: string;
  context: string;
  actual_answer: string;
  /** Empty where the context does not answer the question, or no answer was given. */
  pred_answer: string;
  prob: number;
  correct: boolean;
  /** Code points in the context: gold (first answer) and predicted span. */
  actualStart: number;
  predStart: number;
  outcome: Outcome;
  scores: Scores;
}

export interface Evaluation {
  rows: EvaluationRow[];
  /** All of them means over the rows, 0..1. */
  accuracy: number;
  jglue: Score;
  squad_v1: Score;
  squad_v2: Score;
  /** What run_qa.py reports with version_2_with_negative; absent without it. */
  negative?: SquadV2Scores;
}

/** How questions without an answer are scored: run_qa.py's arguments of these names. */
export interface NegativeScoring {
  null_score_diff_threshold: number;
  max_seq_length: number;
  doc_stride: number;
}

/**
 * Answers every question with the pipeline's defaults and scores them: the reference recipe's table and Accuracy. With `negative` (for
 * version_2_with_negative) the table's answers may be none, as the pipeline gives them with handle_impossible_answer, and the questions are
 * scored by run_qa.py's own decoding beside it. Throws what answerQuestions throws.
 */
export async function evaluateExamples(
  engine: Pick<Engine, 'forward'>,
  tokenizer: Tokenizer,
  examples: readonly SquadExample[],
  options: PipelineOptions = {},
  control: AnsweringControl = {},
  negative: NegativeScoring | null = null,
): Promise<Evaluation> {
  const asked = { ...options, top_k: 1, handle_impossible_answer: negative !== null };
  const answers = await answerQuestions(engine, tokenizer, examples, asked, control);
  const rows = examples.map((example, i): EvaluationRow => {
    const found = answers[i][0] ?? { answer: '', score: 0, start: 0, end: 0 };
    const gold = example.answers[0] ?? { text: '', answer_start: 0 };
    const spans = {
      actual_answer: gold.text,
      pred_answer: found.answer,
      actualStart: gold.answer_start,
      predStart: found.start,
    };
    return {
      id: example.id,
      question: example.question,
      context: example.context,
      ...spans,
      prob: found.score,
      correct: found.answer === gold.text,
      outcome: outcomeOf(spans),
      scores: score(
        found.answer,
        example.answers.map((answer) => answer.text),
      ),
    };
  });
  const scored = { rows, ...means(rows) };
  if (!negative) return scored;
  return { ...scored, negative: await scoreNegative(engine, tokenizer, examples, negative, control) };
}

/** run_qa.py strips the question on its left, and cuts windows as for training. */
async function scoreNegative(
  engine: Pick<Engine, 'forward'>,
  tokenizer: Tokenizer,
  examples: readonly SquadExample[],
  { max_seq_length, doc_stride, null_score_diff_threshold }: NegativeScoring,
  control: AnsweringControl,
): Promise<SquadV2Scores> {
  const questions = examples.map(({ id, question, context }) => ({
    id,
    question: pythonStripLeft(question),
    context,
  }));
  const lengths = { max_seq_len: max_seq_length, doc_stride };
  const logits = await windowLogits(engine, tokenizer, questions, lengths, control);
  return scoreSquadV2(
    examples.map(({ context, answers }, i) => {
      const { text, noAnswerScore } = decodeSquadAnswer(context, logits[i], { null_score_diff_threshold });
      return { answers: answers.map((answer) => answer.text), prediction: text, noAnswerScore };
    }),
  );
}

function means(rows: EvaluationRow[]): Omit<Evaluation, 'rows'> {
  const mean = (value: (row: EvaluationRow) => number) =>
    rows.length === 0 ? 0 : rows.reduce((sum, row) => sum + value(row), 0) / rows.length;
  const both = (metric: 'jglue' | 'squad_v1' | 'squad_v2'): Score => ({
    em: mean((row) => row.scores[metric].em),
    f1: mean((row) => row.scores[metric].f1),
  });
  return {
    accuracy: mean((row) => Number(row.correct)),
    jglue: both('jglue'),
    squad_v1: both('squad_v1'),
    squad_v2: both('squad_v2'),
  };
}

/** By the places of both in the context: that they share a character says nothing. */
export function outcomeOf(
  row: Pick<EvaluationRow, 'actual_answer' | 'actualStart' | 'pred_answer' | 'predStart'>,
): Outcome {
  const { actual_answer, actualStart, pred_answer, predStart } = row;
  if (pred_answer === actual_answer) return 'correct';
  if (actual_answer === '') return 'answered';
  if (pred_answer === '') return 'unanswered';
  const actualEnd = actualStart + codePointLength(actual_answer);
  const predEnd = predStart + codePointLength(pred_answer);
  if (predEnd <= actualStart || actualEnd <= predStart) return 'elsewhere';
  if (predStart <= actualStart && actualEnd <= predEnd) return 'too-long';
  if (actualStart <= predStart && predEnd <= actualEnd) return 'too-short';
  return 'overlap';
}
