import { codePointLength, codePointSlice } from '../squad/code-points.ts';
import type { SquadExample } from '../squad/example.ts';
import { pythonStrip, pythonStripLeft } from '../squad/python-text.ts';
import type { Feature } from './feature.ts';

/** Characters that a tokenizer cannot tell from each other: all of them are one unknown token to the model. */
export interface UnknownCharacters {
  /** Of the characters of the contexts that are read, 0..1. */
  share: number;
  /** How many different ones there are, and the most frequent of them first. */
  distinct: number;
  frequent: string[];
  /** Questions whose first answer has one. */
  answers: number;
}

const NAMED = 40;

/** Counts the unknown characters in the rows of notebookFeature, whose context is stripped. */
export class UnknownCharacterCount {
  private readonly counts = new Map<string, number>();
  private characters = 0;
  private unknown = 0;
  private answers = 0;

  constructor(private readonly unkTokenId: number) {}

  add(example: SquadExample, { inputIds, sequenceIds, starts, ends }: Feature): void {
    const context = pythonStrip(example.context);
    const skipped = codePointLength(example.context) - codePointLength(pythonStripLeft(example.context));
    const [answer] = example.answers;
    const from = (answer?.answer_start ?? 0) - skipped;
    const to = from + codePointLength(answer?.text ?? '');
    let inAnswer = false;
    // A token may have the span of its neighbour (a prepended U+2581, the parts of a character that expands): no
    // character counts twice.
    const read = { all: 0, unknown: 0 };
    for (let i = 0; i < inputIds.length; i++) {
      if (sequenceIds[i] !== 1) continue;
      this.characters += Math.max(0, ends[i] - Math.max(read.all, starts[i]));
      read.all = Math.max(read.all, ends[i]);
      if (inputIds[i] !== this.unkTokenId) continue;
      for (const character of codePointSlice(context, Math.max(read.unknown, starts[i]), ends[i])) {
        this.counts.set(character, (this.counts.get(character) ?? 0) + 1);
        this.unknown++;
      }
      read.unknown = Math.max(read.unknown, ends[i]);
      inAnswer ||= starts[i] < to && ends[i] > from;
    }
    if (inAnswer) this.answers++;
  }

  result(): UnknownCharacters {
    const byCount = [...this.counts].sort(([, a], [, b]) => b - a);
    return {
      share: this.unknown / Math.max(1, this.characters),
      distinct: byCount.length,
      frequent: byCount.slice(0, NAMED).map(([character]) => character),
      answers: this.answers,
    };
  }
}
