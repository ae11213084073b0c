import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { ManabiError } from '../errors/manabi-error.ts';
import { isTableOfQuestions, recogniseColumns } from './columns.ts';
import type { RowReader } from './read-rows.ts';

export function isParquet(bytes: Uint8Array): boolean {
  return new TextDecoder().decode(bytes.subarray(0, 4)) === 'PAR1';
}

/** Rows of a Parquet file, as the hub stores data sets. Throws ManabiError: squad-csv (names the columns that are missing), squad-parquet. */
export async function readParquet(bytes: Uint8Array, fileName: string, rows: RowReader): Promise<void> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer;
  let found: Record<string, unknown>[];
  try {
    const metadata = await parquetMetadataAsync(file);
    const names = topColumns(metadata.schema);
    const columns = recogniseColumns(names);
    const isNested = names.includes('paragraphs') || names.includes('qas');
    if (!isNested && !isTableOfQuestions(columns)) {
      const details = { found: names.slice(0, 12).join(', ').slice(0, 200), kind: 'Parquet' };
      throw new ManabiError('squad-csv', fileName, details);
    }
    const wanted = isNested ? names : Object.values(columns);
    found = await parquetReadObjects({ file, metadata, columns: wanted, compressors });
  } catch (error) {
    if (error instanceof ManabiError) throw error;
    throw new ManabiError('squad-parquet', fileName, { reason: (error as Error).message });
  }
  for (const [i, row] of found.entries()) rows.read(row, `row ${i + 1}`);
}

/** The schema is a tree in the order of a walk over it, the root first. */
function topColumns(schema: readonly { name: string; num_children?: number }[]): string[] {
  const names: string[] = [];
  const skip = (at: number): number => {
    let next = at + 1;
    for (let child = 0; child < (schema[at].num_children ?? 0); child++) next = skip(next);
    return next;
  };
  for (let at = 1; at < schema.length; at = skip(at)) names.push(schema[at].name);
  return names;
}
