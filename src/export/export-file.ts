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

export function jsonFile(name: string, value: unknown): ExportFile {
  return textFile(name, `${JSON.stringify(value, null, 2)}\n`);
}
