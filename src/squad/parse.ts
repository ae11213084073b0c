import { ManabiError } from '../errors/manabi-error.ts';
import { codePointLength, codePointSlice } from './code-points.ts';
import type { Answer, ExcludedRow, SquadData, SquadExample } from './example.ts';

/** JSQuAD's training file has 27 MB; a browser holds about ten times that as one string. */
export const MAX_SQUAD_BYTES = 256 * 1024 * 1024;

/**
 * Reads a dropped or fetched file: checks the size before a byte is read, then `parseSquad`.
 * Throws ManabiError: squad-too-large, squad-not-utf8 and all of parseSquad.
 */
export async function readSquadFile(file: {
  name: string;
  size: number;
  arrayBuffer(): Promise<ArrayBuffer>;
}) {
  if (file.size > MAX_SQUAD_BYTES) {
    const limit = MAX_SQUAD_BYTES / 2 ** 20;
    throw new ManabiError('squad-too-large', file.name, { size: Math.round(file.size / 2 ** 20), limit });
  }
  const bytes = await file.arrayBuffer();
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ManabiError('squad-not-utf8', file.name);
  }
  return parseSquad(text, file.name);
}

/**
 * SQuAD v1.1 / v2.0 JSON -> examples. Rows that cannot be used are left out and listed with their reason; a file of
 * another shape throws ManabiError (squad-empty, squad-csv, squad-not-json, squad-shape) that names file and key.
 */
export function parseSquad(text: string, fileName: string): SquadData {
  const root = parseJson(text.replace(/^\uFEFF/, ''), fileName);
  const fail = (key: string, wanted: string): never => {
    throw new ManabiError('squad-shape', fileName, { key, wanted });
  };
  const object = (value: unknown, key: string): Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : fail(key, 'object');
  const list = (value: unknown, key: string): unknown[] =>
    Array.isArray(value) ? value : fail(key, 'array');
  const string = (value: unknown, key: string): string =>
    typeof value === 'string' ? value : fail(key, 'string');

  const readAnswer = (value: unknown, key: string): Answer => {
    const answer = object(value, key);
    const start = answer.answer_start;
    if (typeof start !== 'number' || !Number.isInteger(start) || start < 0)
      fail(`${key}.answer_start`, 'integer >= 0');
    return { text: string(answer.text, `${key}.text`), answer_start: start as number };
  };

  const top = object(root, '(top)');
  const examples: SquadExample[] = [];
  const excluded: ExcludedRow[] = [];
  const seen = new Set<string>();
  for (const [a, article] of list(top.data, 'data').entries()) {
    const { title, paragraphs } = object(article, `data[${a}]`);
    for (const [p, paragraph] of list(paragraphs, `data[${a}].paragraphs`).entries()) {
      const where = `data[${a}].paragraphs[${p}]`;
      const { context, qas } = object(paragraph, where);
      for (const [q, qa] of list(qas, `${where}.qas`).entries()) {
        const place = `${where}.qas[${q}]`;
        const row = object(qa, place);
        const example: SquadExample = {
          id: string(row.id, `${place}.id`),
          title: typeof title === 'string' ? title : '',
          question: string(row.question, `${place}.question`),
          context: string(context, `${where}.context`),
          answers: list(row.answers ?? [], `${place}.answers`).map((value, i) =>
            readAnswer(value, `${place}.answers[${i}]`),
          ),
          is_impossible: row.is_impossible === true,
        };
        const reason = seen.has(example.id) ? 'duplicate-id' : exclusionReason(example);
        seen.add(example.id);
        if (reason) excluded.push({ place, id: example.id, reason });
        else examples.push(example);
      }
    }
  }
  return { fileName, version: typeof top.version === 'string' ? top.version : '', examples, excluded };
}

function exclusionReason(example: SquadExample): ExcludedRow['reason'] | null {
  if (example.context.trim() === '') return 'empty-context';
  if (example.question.trim() === '') return 'empty-question';
  if (example.is_impossible || example.answers.length === 0 || example.answers[0].text === '')
    return 'no-answer';
  const { text, answer_start } = example.answers[0];
  const found = codePointSlice(example.context, answer_start, answer_start + codePointLength(text));
  return found === text ? null : 'answer-not-at-start';
}

function parseJson(text: string, fileName: string): unknown {
  if (text.trim() === '') throw new ManabiError('squad-empty', fileName);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (/\.(csv|tsv)$/i.test(fileName) || !/^\s*[[{"\d-]/.test(text)) {
      const firstLine = text.slice(0, 400).split('\n')[0];
      if (/[,\t]/.test(firstLine)) throw new ManabiError('squad-csv', fileName);
    }
    throw new ManabiError('squad-not-json', fileName, { reason: (error as Error).message });
  }
}
