import Papa from 'papaparse';
import { ManabiError } from '../errors/manabi-error.ts';
import { isTableOfQuestions, recogniseColumns } from './columns.ts';
import type { RowReader } from './read-rows.ts';

const delimiters = [',', '\t', ';'] as const;

/**
 * Rows of comma-, tab- or semicolon-separated values under a line of names. null where the text is no table. Throws ManabiError squad-csv
 * (names the columns that are missing).
 */
export function readTable(
  text: string,
  innerName: string,
  rows: RowReader,
  fileName: string,
): 'csv' | 'tsv' | null {
  const headers = delimiters.map((delimiter) => headerOf(text, delimiter));
  const at = headers.findIndex((names) => isTableOfQuestions(recogniseColumns(names)));
  if (at < 0) {
    const widest = headers.reduce((most, names, i) => (names.length > headers[most].length ? i : most), 0);
    const isTable = headers[widest].length > 1 || /\.(csv|tsv|tab)$/i.test(innerName);
    if (!isTable) return null;
    const found = headers[widest].slice(0, 12).join(', ').slice(0, 200);
    throw new ManabiError('squad-csv', fileName, {
      found,
      kind: delimiters[widest] === '\t' ? 'TSV' : 'CSV',
    });
  }
  const [names, delimiter] = [headers[at], delimiters[at]];
  const { data } = Papa.parse<string[]>(text, { delimiter, skipEmptyLines: true });
  for (const [i, cells] of data.entries()) {
    if (i === 0) continue;
    const row = Object.fromEntries(names.map((name, column) => [name, cells[column] ?? '']));
    rows.read(row, `row ${i + 1}`);
  }
  // Every cell is text: nothing to tell.
  rows.repairs.startsFromText = 0;
  return delimiter === '\t' ? 'tsv' : 'csv';
}

function headerOf(text: string, delimiter: string): string[] {
  const { data } = Papa.parse<string[]>(text, { delimiter, preview: 1, skipEmptyLines: true });
  return data[0] ?? [];
}
