/** Offsets count Unicode code points, as SQuAD's answer_start and Hugging Face's offsets do (not UTF-16 units). */
export type CodePointOffset = number;

export interface Answer {
  text: string;
  answer_start: CodePointOffset;
}

/** One question of a data file. */
export interface SquadExample {
  id: string;
  title: string;
  question: string;
  context: string;
  /** Empty where the context does not answer the question (SQuAD 2.0). */
  answers: Answer[];
  is_impossible: boolean;
}

export type ExclusionReason =
  /** No object, or a part of it has another type than it should. */
  | 'not-a-question'
  | 'line-not-json'
  /** Of a table: a cell begins with a quotation mark that nothing closes. */
  | 'quote-not-closed'
  | 'empty-context'
  | 'empty-question'
  | 'duplicate-id'
  /** `answers` in a shape that cannot be read. */
  | 'answer-shape'
  /** answer_start is no whole number from 0. */
  | 'answer-start'
  | 'answer-not-at-start'
  /** Without answer_start: the text is not in the context, or is there more than once. */
  | 'answer-not-in-context'
  | 'answer-ambiguous';

export interface ExcludedRow {
  /** "data[3].paragraphs[0].qas[2]", "line 7", "row 12" */
  place: string;
  id: string;
  reason: ExclusionReason;
  /** Where the answer's text stands, if it is in the context exactly once: the answer_start that would be right. */
  standsAt?: CodePointOffset;
  /** With standsAt: the row with its answer there, and how many rows that are used stand before it (mend-rows.ts). */
  mended?: { example: SquadExample; after: number };
  /** The type that `place` should have; with not-a-question. */
  wanted?: string;
}

/** How a file was packed and written. */
export interface DataForm {
  container: 'gzip' | 'zip' | null;
  format: 'squad' | 'rows' | 'json-lines' | 'csv' | 'tsv' | 'parquet';
  /** null for Parquet, which has none. */
  encoding: 'UTF-8' | 'UTF-16' | null;
}

/** What was done to rows that are used, and to how many. */
export interface DataRepairs {
  /** Rows without an id: their place is their id. */
  idsFromPlace: number;
  /** answer_start written as text or with a decimal point. */
  startsFromText: number;
  /** The answer stood one or two characters before answer_start. */
  startsMoved: number;
  /** No answer_start: the text is in the context exactly once. */
  startsFound: number;
  /** Asked for: the answer stood elsewhere than answer_start, in one place. */
  startsMended: number;
}

/** What src/squad/read-file.ts gives for a file. */
export interface SquadData {
  fileName: string;
  version: string;
  form: DataForm;
  repairs: DataRepairs;
  /** With and without an answer, in the order of the file. */
  examples: SquadExample[];
  excluded: ExcludedRow[];
}
