import type { SquadExample } from '../squad/example.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';

export interface PreviewQuery {
  /** Looked for in questions, contexts and answers, whatever the case. */
  text: string;
  from: number;
  count: number;
}

/** Where a token of a context begins and ends, in code points. */
export interface TokenBorder {
  start: number;
  end: number;
  isUnknown: boolean;
}

export interface PreviewRow {
  example: SquadExample;
  /** Of the context; null where they were not asked for. */
  tokens: TokenBorder[] | null;
}

export interface DataPreview {
  /** Rows that match. */
  total: number;
  rows: PreviewRow[];
  /** Questions that stand in the training and in the evaluation data, with the same context. */
  inBoth: number;
}

/** The rows of a file that match a query, some of them at a time. */
export function previewData(
  examples: readonly SquadExample[],
  others: readonly SquadExample[],
  { text, from, count }: PreviewQuery,
  tokenizer: Tokenizer | null,
): DataPreview {
  const wanted = text.trim().toLowerCase();
  const has = ({ question, context, answers }: SquadExample) =>
    [question, context, ...answers.map((answer) => answer.text)].some((part) =>
      part.toLowerCase().includes(wanted),
    );
  const matching = wanted === '' ? examples : examples.filter(has);
  const rows = matching.slice(from, from + count).map((example) => ({
    example,
    tokens: tokenizer && tokenBorders(tokenizer, example.context),
  }));
  return { total: matching.length, rows, inBoth: sharedQuestions(examples, others) };
}

function tokenBorders(tokenizer: Tokenizer, context: string): TokenBorder[] {
  const { ids, starts, ends } = tokenizer.encode(context);
  return Array.from(ids, (id, i) => ({
    start: starts[i],
    end: ends[i],
    isUnknown: id === tokenizer.unkTokenId,
  }));
}

function sharedQuestions(examples: readonly SquadExample[], others: readonly SquadExample[]): number {
  const key = ({ question, context }: SquadExample) => `${question}\n${context}`;
  const known = new Set(others.map(key));
  return examples.filter((example) => known.has(key(example))).length;
}
