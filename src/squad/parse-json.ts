import { ManabiError } from '../errors/manabi-error.ts';
import { recogniseColumns } from './columns.ts';
import { parsePythonJson } from './python-json.ts';
import type { RowReader } from './read-rows.ts';

// "the id as it is written": a number of more than 15 digits, or 1.0, would come out of JSON.parse as another one.
const numericId = /(?<!\\)("(?:id|qid|question_id|qa_id)"\s*:\s*)(-?\d[\d.eE+-]*)(?=\s*[,}])/g;

const parseKeepingIds = (text: string) =>
  parsePythonJson(text.search(numericId) < 0 ? text : text.replace(numericId, '$1"$2"'));

/** What a JSON file holds, by its outermost form. */
export interface ParsedJson {
  format: 'squad' | 'rows' | 'json-lines';
  version: string;
}

/**
 * SQuAD's nesting, a list of rows, `{data: rows}`, or JSON Lines of any of these. null where the text is no JSON at all. Throws ManabiError
 * squad-not-json where it begins as JSON and does not end so. `innerName` is the name inside a packed file.
 */
export function readJson(
  text: string,
  innerName: string,
  rows: RowReader,
  fileName: string,
): ParsedJson | null {
  let root: unknown;
  try {
    root = parseKeepingIds(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (readJsonLines(text, innerName, rows)) return { format: 'json-lines', version: '' };
    if (!/^\s*[[{]/.test(text)) return null;
    throw new ManabiError('squad-not-json', fileName, { reason: error.message });
  }
  if (typeof root !== 'object' || root === null) {
    rows.read(root, '');
    return { format: 'rows', version: '' };
  }
  if (!Array.isArray(root) && 'data' in root) {
    const columns = rowsOfColumns(root.data);
    if (isObject(root.data) && !columns) rows.read(root.data, 'data');
    else rows.readAll(columns ?? root.data, 'data');
  } else {
    const columns = rowsOfColumns(root);
    if (isObject(root) && !columns) rows.read(root, '');
    else rows.readAll(columns ?? root, '');
  }
  const version = 'version' in root && typeof root.version === 'string' ? root.version : '';
  return { format: rows.nested ? 'squad' : 'rows', version };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * A table by columns -> its rows, null for anything else: lists, as Dataset.to_dict gives them and run_qa.py's `field` takes them, or objects by row,
 * as pandas' to_json does.
 */
function rowsOfColumns(value: unknown): Record<string, unknown>[] | null {
  if (!isObject(value)) return null;
  const { question } = recogniseColumns(Object.keys(value));
  const questions = question === undefined ? null : value[question];
  if (typeof questions !== 'object' || questions === null) return null;
  const columns = Object.entries(value).filter(([, column]) => typeof column === 'object' && column !== null);
  return Object.keys(questions).map((at) =>
    Object.fromEntries(columns.map(([name, column]) => [name, (column as Record<string, unknown>)[at]])),
  );
}

/** One JSON value a line: told by the name of the file, or by a first line that is an object by itself. */
function readJsonLines(text: string, innerName: string, rows: RowReader): boolean {
  const lines = text.split('\n');
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const named = /\.(jsonl|ndjson|jsonlines)$/i.test(innerName);
  if (!named && !(first.trimStart().startsWith('{') && parsedLine(first).ok)) return false;
  for (const [i, line] of lines.entries()) {
    if (line.trim() === '') continue;
    const place = `line ${i + 1}`;
    const parsed = parsedLine(line);
    if (parsed.ok) rows.read(parsed.value, place);
    else rows.excluded.push({ place, id: '', reason: 'line-not-json' });
  }
  return true;
}

function parsedLine(line: string): { ok: true; value: unknown } | { ok: false } {
  try {
    return { ok: true, value: parseKeepingIds(line) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { ok: false };
  }
}
