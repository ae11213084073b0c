import type { Language } from '../errors/manabi-error.ts';
import type { ExcludedRow, ExclusionReason } from './example.ts';

type Text = Record<Language, string>;

/** Why a row is left out, and what makes it usable. */
export const exclusionTexts: Readonly<Record<ExclusionReason, { reason: Text; remedy: Text }>> = {
  'not-a-question': {
    reason: { ja: '質問の形をしていない', en: 'Not of the form of a question' },
    remedy: {
      ja: 'context、question、answers を持つオブジェクトにすると使えます。',
      en: 'To use them, make them objects with context, question and answers.',
    },
  },
  'line-not-json': {
    reason: { ja: 'JSON として読めない行', en: 'Line that is not JSON' },
    remedy: {
      ja: '1 行に 1 つの JSON オブジェクトを書くと使えます。',
      en: 'To use them, write one JSON object per line.',
    },
  },
  'quote-not-closed': {
    reason: { ja: '閉じていない引用符（"）がある', en: 'Quotation mark (") that is not closed' },
    remedy: {
      ja: '引用符を閉じるか、文字としての引用符を "" と書くと使えます。',
      en: 'To use them, close the mark, or write a mark that belongs to the text as "".',
    },
  },
  'empty-context': {
    reason: { ja: '文章が空', en: 'Empty context' },
    remedy: { ja: 'context に文章を入れると使えます。', en: 'To use them, give them a context.' },
  },
  'empty-question': {
    reason: { ja: '質問が空', en: 'Empty question' },
    remedy: { ja: 'question に質問を入れると使えます。', en: 'To use them, give them a question.' },
  },
  'duplicate-id': {
    reason: { ja: 'id が重複', en: 'Duplicate id' },
    remedy: {
      ja: '質問ごとに別の id を付けると使えます。',
      en: 'To use them, give every question an id of its own.',
    },
  },
  'answer-shape': {
    reason: { ja: 'answers の形を読めない', en: 'answers of an unknown shape' },
    remedy: {
      ja: 'answers を [{"text": …, "answer_start": …}] の形にすると使えます。',
      en: 'To use them, write answers as [{"text": …, "answer_start": …}].',
    },
  },
  'answer-start': {
    reason: { ja: 'answer_start が 0 以上の整数でない', en: 'answer_start is no whole number from 0' },
    remedy: {
      ja: 'answer_start を、文章の先頭から数えた文字数（最初の文字が 0）にすると使えます。',
      en: 'To use them, count answer_start in characters from the start of the context; the first one is 0.',
    },
  },
  'answer-not-at-start': {
    reason: { ja: '答えが answer_start の位置にない', en: 'Answer not at answer_start' },
    remedy: {
      ja: 'answer_start を、文章の先頭から数えた文字数（最初の文字が 0）に直すと使えます。',
      en: 'To use them, count answer_start in characters from the start of the context; the first one is 0.',
    },
  },
  'answer-not-in-context': {
    reason: { ja: '答えが文章の中にない', en: 'Answer not in the context' },
    remedy: {
      ja: '答えを、文章にあるとおりに書くと使えます。',
      en: 'To use them, write the answer exactly as the context has it.',
    },
  },
  'answer-ambiguous': {
    reason: { ja: '答えが文章の複数の場所にある', en: 'Answer in several places of the context' },
    remedy: {
      ja: 'どの場所かを answer_start に書くと使えます。',
      en: 'To use them, say in answer_start which place is meant.',
    },
  },
};

/** What more is known of one row: the answer_start that would be right, or the type that something should have. Empty where nothing is. */
export function exclusionHint({ standsAt, wanted }: ExcludedRow, language: Language): string {
  if (standsAt !== undefined) {
    return language === 'ja' ? `answer_start は ${standsAt} のはず` : `answer_start should be ${standsAt}`;
  }
  return wanted ?? '';
}

/** The same for an error of a whole file, whose text is chosen later: `{why_ja}` and `{why_en}`. */
export function exclusionDetails(row: ExcludedRow): Record<string, string> {
  const { reason, remedy } = exclusionTexts[row.reason];
  return { why_ja: `${reason.ja}。${remedy.ja}`, why_en: `${reason.en}. ${remedy.en}` };
}
