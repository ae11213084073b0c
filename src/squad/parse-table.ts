import Papa from 'papaparse';
import { ManabiError } from '../errors/manabi-error.ts';
import { isTableOfQuestions, recogniseColumns } from './columns.ts';
import type { RowReader } from './read-rows.ts';

const delimiters = [',', '\t', ';'] as const;

/** What Excel writes into the first line of a table to tell itself the delimiter. */
const delimiterLine = /^"?sep=.?"?[\t ]*(?:\r\n|\r|\n)/i;

/**
 * Rows of comma-, tab- or semicolon-separated values under a line of names. null where the text is no table. Throws ManabiError squad-csv
 * (names the columns that are missing).
 */
export function readTable(
  given: string,
  innerName: string,
  rows: RowReader,
  fileName: string,
): 'csv' | 'tsv' | null {
  const text = given.replace(delimiterLine, '');
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
  // Of two columns of one name the first counts.
  const columns = new Map(names.map((name) => [name, names.indexOf(name)]));
  for (const [i, cells] of parseRows(text, delimiter).entries()) {
    const place = `row ${i + 1}`;
    if (cells === null) rows.excluded.push({ place, id: '', reason: 'quote-not-closed' });
    else if (i > 0) {
      rows.read(Object.fromEntries(Array.from(columns, ([name, at]) => [name, cells[at] ?? ''])), place);
    }
  }
  // Every cell is text: nothing to tell.
  rows.repairs.startsFromText = 0;
  return delimiter === '\t' ? 'tsv' : 'csv';
}

/** null for a row with a quotation mark that is not closed: nothing after it is quoted, so the lines after its own are rows again. */
function parseRows(text: string, delimiter: string): (string[] | null)[] {
  const options = { delimiter, skipEmptyLines: true } as const;
  const { data, errors } = Papa.parse<string[]>(text, options);
  const open = errors.find(({ code }) => code === 'MissingQuotes');
  if (!open) return data;
  const end = text.indexOf('\n', open.index);
  const rest = end < 0 ? [] : Papa.parse<string[]>(text.slice(end + 1), { ...options, fastMode: true }).data;
  return [...data.slice(0, -1), null, ...rest];
}

function headerOf(text: string, delimiter: string): string[] {
  const { data } = Papa.parse<string[]>(text, { delimiter, preview: 1, skipEmptyLines: true });
  return data[0] ?? [];
}
