/** Offsets count Unicode code points, as SQuAD's answer_start and Hugging Face's offsets do (not UTF-16 units). */
export type CodePointOffset = number;

export interface Answer {
  text: string;
  answer_start: CodePointOffset;
}

/** One question of a SQuAD-format file. */
export interface SquadExample {
  id: string;
  title: string;
  question: string;
  context: string;
  answers: Answer[];
  is_impossible: boolean;
}

export type ExclusionReason =
  'no-answer' | 'answer-not-at-start' | 'empty-context' | 'empty-question' | 'duplicate-id';

export interface ExcludedRow {
  place: string; // "data[3].paragraphs[0].qas[2]"
  id: string;
  reason: ExclusionReason;
}

/** What src/squad/parse.ts gives for a file. */
export interface SquadData {
  fileName: string;
  version: string;
  examples: SquadExample[];
  excluded: ExcludedRow[];
}
