import { codePointLength, codePointSlice } from '../../squad/code-points.ts';
import type { PreviewRow, TokenBorder } from '../../workers/data-preview.ts';

/** A stretch of a context: within one token, and inside or outside the answer. */
export interface PreviewPart {
  text: string;
  isAnswer: boolean;
  /** The number of its token, to tell neighbours apart; -1 where tokens were not asked for or there is none. */
  token: number;
  isUnknown: boolean;
}

/** The context of a row cut where its answer and its tokens begin and end. */
export function previewParts({ example, tokens }: PreviewRow): PreviewPart[] {
  const { context, answers } = example;
  const length = codePointLength(context);
  const answer = answers.at(0);
  const from = answer?.answer_start ?? 0;
  const to = from + codePointLength(answer?.text ?? '');
  const borders = (tokens ?? []).flatMap(({ start, end }) => [start, end]);
  const cuts = [...new Set([0, from, to, ...borders, length])].filter((at) => at <= length);
  const characters = [...context];
  const places = tokenPlaces(tokens ?? [], length);
  return cuts
    .toSorted((a, b) => a - b)
    .slice(0, -1)
    .map((start, i, all) => {
      const end = all[i + 1] ?? length;
      const token = places[start];
      return {
        text:
          characters.length === context.length
            ? codePointSlice(context, start, end)
            : characters.slice(start, end).join(''),
        isAnswer: from <= start && start < to,
        token,
        isUnknown: token >= 0 && (tokens?.[token].isUnknown ?? false),
      };
    });
}

/** For every character the number of its token, or -1. */
function tokenPlaces(tokens: readonly TokenBorder[], length: number): number[] {
  const places = Array.from({ length }, () => -1);
  for (const [i, { start, end }] of tokens.entries()) places.fill(i, start, end);
  return places;
}
