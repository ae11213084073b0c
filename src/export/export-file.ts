import { ManabiError } from '../errors/manabi-error.ts';

/** A file that is made piece by piece, so that none of it needs to be in memory twice. Each piece is free when the next is asked for. */
export interface ExportFile {
  /** With its folders, divided by slashes. */
  name: string;
  size: number;
  parts: () => Iterable<Uint8Array>;
}

export function bytesFile(name: string, bytes: Uint8Array): ExportFile {
  return { name, size: bytes.length, parts: () => [bytes] };
}

export function textFile(name: string, text: string): ExportFile {
  return bytesFile(name, new TextEncoder().encode(text));
}

/**
 * JSON that every reader takes, unlike Python's, which has NaN and Infinity: a number too large for any double is read as infinite
 * everywhere. Throws ManabiError export-not-json for NaN, with its key.
 */
export function jsonFile(name: string, value: unknown, indent = 2): ExportFile {
  const marked = JSON.stringify(
    value,
    (key, part: unknown) => {
      if (typeof part !== 'number' || Number.isFinite(part)) return part;
      if (Number.isNaN(part)) throw new ManabiError('export-not-json', name, { key });
      return `\u0000${part < 0 ? '-' : ''}1e999`;
    },
    indent,
  );
  return textFile(name, `${marked.replace(/"\\u0000(-?1e999)"/g, '$1')}\n`);
}
