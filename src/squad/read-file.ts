import { ManabiError } from '../errors/manabi-error.ts';
import { refuseStandIn } from '../compression/recognise-file.ts';
import { unpackFile } from '../compression/unpack.ts';
import { decodeText } from './decode-text.ts';
import type { DataForm, SquadData } from './example.ts';
import { readJson } from './parse-json.ts';
import { exclusionDetails } from './exclusion-texts.ts';
import { isParquet, readParquet } from './parse-parquet.ts';
import { readTable } from './parse-table.ts';
import { RowReader } from './read-rows.ts';

/** JSQuAD's training file has 27 MB; a browser holds about ten times that as one string. Packed files may not hold more. */
export const MAX_SQUAD_BYTES = 256 * 1024 * 1024;

/**
 * Reads a dropped or fetched file with questions in any of its forms (SQuAD's JSON, rows as JSON, JSON Lines, CSV, TSV or Parquet, each
 * also in gzip or zip). Rows that cannot be used are left out and listed. The size is checked before a byte is read.
 * Throws ManabiError: squad-too-large, squad-not-utf8, squad-empty, squad-not-json, squad-unknown-form, squad-csv, squad-parquet, squad-shape, packed-*, file-*, and
 * squad-no-questions and squad-only-unanswerable where no row with an answer is left, nor (with `mendable`) one that mendRows would take in.
 */
export async function readSquadFile(
  file: { name: string; size: number; arrayBuffer(): Promise<ArrayBuffer> },
  { mendable = false } = {},
): Promise<SquadData> {
  if (file.size > MAX_SQUAD_BYTES) {
    const limit = MAX_SQUAD_BYTES / 2 ** 20;
    throw new ManabiError('squad-too-large', file.name, { size: Math.round(file.size / 2 ** 20), limit });
  }
  const data = await parseDataFile(new Uint8Array(await file.arrayBuffer()), file.name);
  const isUsable = data.examples.some(({ is_impossible }) => !is_impossible);
  if (!isUsable && !(mendable && data.excluded.some(({ mended }) => mended))) {
    const [first] = data.excluded;
    if (!first) throw new ManabiError('squad-only-unanswerable', file.name, { count: data.examples.length });
    throw new ManabiError('squad-no-questions', file.name, {
      excluded: data.excluded.length,
      place: first.place || '(top)',
      ...exclusionDetails(first),
    });
  }
  return data;
}

/** The same of bytes that are there, whether or not a row can be used. */
export async function parseDataFile(given: Uint8Array, fileName: string): Promise<SquadData> {
  const { name, bytes, container } = unpackFile(fileName, given, MAX_SQUAD_BYTES);
  const rows = new RowReader();
  if (isParquet(bytes)) {
    await readParquet(bytes, fileName, rows);
    return checkedData(fileName, '', { container, format: 'parquet', encoding: null }, rows);
  }
  refuseStandIn(fileName, bytes);
  const { text, encoding } = decodeText(bytes, fileName);
  const { format, version } = readText(text, fileName, name, rows);
  return checkedData(fileName, version, { container, format, encoding }, rows);
}

/** SQuAD, rows or a table in text, without packing. Throws what readSquadFile throws. */
export function parseSquad(text: string, fileName: string): SquadData {
  const rows = new RowReader();
  const { format, version } = readText(text, fileName, fileName, rows);
  return checkedData(fileName, version, { container: null, format, encoding: 'UTF-8' }, rows);
}

/** `innerName` is the name inside a packed file: its ending tells the form. */
function readText(
  text: string,
  fileName: string,
  innerName: string,
  rows: RowReader,
): { format: DataForm['format']; version: string } {
  if (text.trim() === '') throw new ManabiError('squad-empty', fileName);
  const json = readJson(text, innerName, rows, fileName);
  if (json) return json;
  const table = readTable(text, innerName, rows, fileName);
  if (table) return { format: table, version: '' };
  throw new ManabiError('squad-unknown-form', fileName, { start: startOf(text) });
}

/** The first characters, so that a page of HTML or another thing is recognised. */
function startOf(text: string): string {
  return JSON.stringify(text.trimStart().slice(0, 40));
}

/** A file in which nothing looks like a question has another form than any that is read. */
function checkedData(fileName: string, version: string, form: DataForm, rows: RowReader): SquadData {
  const { examples, excluded, repairs } = rows;
  if (examples.length === 0 && excluded.every(({ reason }) => reason === 'not-a-question')) {
    const { place: key = 'data', wanted = 'array' } = excluded[0] ?? {};
    throw new ManabiError('squad-shape', fileName, { key: key || '(top)', wanted });
  }
  return { fileName, version, form, repairs, examples, excluded };
}
