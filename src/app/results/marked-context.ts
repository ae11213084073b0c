import type { EvaluationRow } from '../../answering/evaluation.ts';
import { codePointLength, codePointSlice } from '../../squad/code-points.ts';

export interface MarkedPart {
  text: string;
  gold: boolean;
  predicted: boolean;
}

type Span = [start: number, end: number];

/** The context cut where the right answer and the predicted one begin and end, which may overlap; positions are code points. */
export function markedContext(
  row: Pick<EvaluationRow, 'context' | 'actual_answer' | 'actualStart' | 'pred_answer' | 'predStart'>,
): MarkedPart[] {
  const length = codePointLength(row.context);
  const span = (start: number, text: string): Span => [start, start + codePointLength(text)];
  const gold = span(row.actualStart, row.actual_answer);
  const predicted = span(row.predStart, row.pred_answer);
  const cuts = [...new Set([0, ...gold, ...predicted, length])].toSorted((a, b) => a - b);
  const within = (from: number, [start, end]: Span) => start <= from && from < end;
  return cuts.slice(0, -1).map((from, i) => ({
    text: codePointSlice(row.context, from, cuts[i + 1]),
    gold: within(from, gold),
    predicted: within(from, predicted),
  }));
}
