import type { Language } from '../errors/manabi-error.ts';
import type { DataForm, ExclusionReason, SquadData, SquadExample } from './example.ts';

export interface SquadSummary {
  /** With an answer. */
  questions: number;
  withoutAnswer: number;
  contexts: number;
  excluded: Partial<Record<ExclusionReason, number>>;
}

/** Counts for the data card: usable questions with and without an answer, different contexts, rows left out by reason. */
export function describeSquad(data: SquadData): SquadSummary {
  const excluded: SquadSummary['excluded'] = {};
  for (const { reason } of data.excluded) excluded[reason] = (excluded[reason] ?? 0) + 1;
  const contexts = new Set(data.examples.map((example) => example.context)).size;
  const withoutAnswer = data.examples.filter((example) => example.is_impossible).length;
  return { questions: data.examples.length - withoutAnswer, withoutAnswer, contexts, excluded };
}

const formats: Record<DataForm['format'], Record<Language, string>> = {
  squad: { ja: 'SQuAD 形式の JSON', en: 'SQuAD-format JSON' },
  rows: { ja: '行の並んだ JSON', en: 'JSON with rows' },
  'json-lines': { ja: 'JSON Lines', en: 'JSON Lines' },
  csv: { ja: 'CSV', en: 'CSV' },
  tsv: { ja: 'TSV', en: 'TSV' },
  parquet: { ja: 'Parquet', en: 'Parquet' },
};

const repairTexts: Record<keyof SquadData['repairs'], Record<Language, (count: number) => string>> = {
  idsFromPlace: {
    ja: (count) => `id のない ${count} 行は位置を id にした`,
    en: (count) => `${count} rows without an id have their place as id`,
  },
  startsFromText: {
    ja: (count) => `文字で書かれた answer_start ${count} 件を数として読んだ`,
    en: (count) => `${count} answer_start written as text were read as numbers`,
  },
  startsMoved: {
    ja: (count) => `1、2 文字ずれた answer_start ${count} 件を答えの位置に直した`,
    en: (count) => `${count} answer_start were one or two characters off and were moved to their answers`,
  },
  startsFound: {
    ja: (count) => `answer_start のない答え ${count} 件を文章から探した`,
    en: (count) => `${count} answers without answer_start were found in their contexts`,
  },
};

/** One line: the form that was read, and what was done to its rows. */
export function describeForm(
  { form, repairs }: Pick<SquadData, 'form' | 'repairs'>,
  language: Language,
): string {
  const packed = form.container ? ` (${form.container})` : '';
  const encoding = form.encoding === 'UTF-16' ? ', UTF-16' : '';
  const done = (Object.keys(repairTexts) as (keyof typeof repairTexts)[])
    .filter((repair) => repairs[repair] > 0)
    .map((repair) => repairTexts[repair][language](repairs[repair]));
  const separator = language === 'ja' ? '。' : '; ';
  return [`${formats[form.format][language]}${encoding}${packed}`, ...done].join(separator);
}

/** SHA-256 (hex) over ids, questions, contexts and answers in order: the data fingerprint of a run. */
export async function fingerprintExamples(examples: readonly SquadExample[]): Promise<string> {
  const rows = examples.map(({ id, question, context, answers }) => [id, question, context, answers]);
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(rows)));
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
