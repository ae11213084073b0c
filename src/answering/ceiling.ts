import { ManabiError } from '../errors/manabi-error.ts';
import type { Feature } from '../features/feature.ts';
import { codePointSlice } from '../squad/code-points.ts';
import type { SquadExample } from '../squad/example.ts';

/** What a model that gives token spans can reach at best, whatever it learns. */
export interface Ceiling {
  total: number;
  /** Labelled (0, 0): the answer was cut off or lies outside the window. */
  unlabelled: number;
  /** The labelled token span's text is not the answer: it does not start and end at token boundaries. */
  offBoundary: number;
  /** Highest possible exact match over all rows, 0..1. */
  exactMatch: number;
}

/** Compares every labelled span's text with its example's first answer. One feature per example. */
export function answerCeiling(features: readonly Feature[], examples: readonly SquadExample[]): Ceiling {
  const byId = new Map(examples.map((example) => [example.id, example]));
  let unlabelled = 0;
  let offBoundary = 0;
  for (const { exampleId, startPosition, endPosition, starts, ends } of features) {
    const example = byId.get(exampleId);
    if (!example) throw new ManabiError('answer-unknown-example', exampleId);
    // [CLS] is the right label of a question without an answer.
    if (startPosition === 0 && endPosition === 0) unlabelled += Number(example.answers.length > 0);
    else {
      const text = codePointSlice(example.context, starts[startPosition], ends[endPosition]);
      if (text !== example.answers[0].text) offBoundary++;
    }
  }
  const total = features.length;
  return {
    total,
    unlabelled,
    offBoundary,
    exactMatch: total ? (total - unlabelled - offBoundary) / total : 0,
  };
}
