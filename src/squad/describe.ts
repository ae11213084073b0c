import type { Language } from '../errors/manabi-error.ts';
import { sha256Of } from '../hash/sha256.ts';
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

const repairTexts: Record<keyof SquadData['repairs'], Record<Language, string>> = {
  idsFromPlace: { ja: '位置を id にした行', en: 'place taken as id' },
  startsFromText: { ja: '文字から数に直した answer_start', en: 'answer_start read from text' },
  startsMoved: {
    ja: '1、2 文字ずれていて答えの位置に直した answer_start',
    en: 'answer_start moved one or two characters to its answer',
  },
  startsFound: {
    ja: 'answer_start がなく文章から探した答え',
    en: 'answers found in their contexts, without answer_start',
  },
  startsMended: {
    ja: '文章の一か所だけにある答えの位置に直した answer_start',
    en: 'answer_start put where the answer stands',
  },
};

/** One line: the form that was read, and what was done to its rows. */
export function describeForm(
  { form, repairs }: Pick<SquadData, 'form' | 'repairs'>,
  language: Language,
): string {
  const packed = form.container ? ` (${form.container})` : '';
  const encoding = form.encoding === 'UTF-16' ? ', UTF-16' : '';
  const [separator, colon] = language === 'ja' ? ['。', '：'] : ['; ', ': '];
  const done = (Object.keys(repairTexts) as (keyof typeof repairTexts)[])
    .filter((repair) => repairs[repair] > 0)
    .map((repair) => `${repairTexts[repair][language]}${colon}${repairs[repair]}`);
  return [`${formats[form.format][language]}${encoding}${packed}`, ...done].join(separator);
}

/** SHA-256 (hex) over ids, questions, contexts and answers in order: the data fingerprint of a run. */
export async function fingerprintExamples(examples: readonly SquadExample[]): Promise<string> {
  const rows = examples.map(({ id, question, context, answers }) => [id, question, context, answers]);
  return sha256Of(new TextEncoder().encode(JSON.stringify(rows)));
}
