import { ManabiError } from '../errors/manabi-error.ts';
import { crc32 } from '../compression/crc32.ts';

/** A file in pieces, so that large tensors are not copied into one array first. */
export type FileParts = readonly Uint8Array[];

const MAX_BYTES = 0xfffffffe;
const UTF8_NAMES = 0x0800;
const FIRST_OF_1980 = 0x21;
/** The field that torch pads its entries with. */
const PADDING_FIELD = 0x4246;

export interface ZipEntry {
  name: string;
  size: number;
  /** CRC-32 of the file's bytes. */
  crc: number;
}

/**
 * The pieces of a zip of these files, stored, not compressed: weights do not shrink. `align` puts every file's bytes at a multiple of it
 * (torch maps storages at 64). Throws ManabiError zip-too-large beyond 4 GiB.
 */
export function storedZip(files: ReadonlyMap<string, FileParts>, align = 1): Uint8Array[] {
  const entries = Array.from(files, ([name, parts]) => {
    const size = parts.reduce((sum, { length }) => sum + length, 0);
    // Before its bytes are read for nothing.
    if (size > MAX_BYTES) throw new ManabiError('zip-too-large', name);
    return { name, size, crc: parts.reduce((crc, part) => crc32(part, crc), 0) };
  });
  const { headers, end } = zipFrame(entries, align);
  const contents = [...files.values()];
  return [...headers.flatMap((header, at) => [header, ...contents[at]]), ...end];
}

/** What stands in a zip around its files: before each of them, and after the last. Throws ManabiError zip-too-large. */
export function zipFrame(
  entries: readonly ZipEntry[],
  align = 1,
): { headers: Uint8Array<ArrayBuffer>[]; end: Uint8Array<ArrayBuffer>[] } {
  const headers: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let at = 0;
  for (const { name, size, crc } of entries) {
    const label = new TextEncoder().encode(name);
    const start = at + 30 + label.length;
    // A field takes at least its own head of 4 bytes.
    const extra = start % align === 0 ? 0 : 4 + ((align - ((start + 4) % align)) % align);
    if (start + extra + size > MAX_BYTES) throw new ManabiError('zip-too-large', name);
    const shared = [
      ...uint16(UTF8_NAMES, 0, 0, FIRST_OF_1980),
      ...uint32(crc, size, size),
      ...uint16(label.length),
    ];
    const padding = extra === 0 ? [] : [...uint16(PADDING_FIELD, extra - 4), ...new Uint8Array(extra - 4)];
    headers.push(
      Uint8Array.from([
        ...uint32(0x04034b50),
        ...uint16(10),
        ...shared,
        ...uint16(extra),
        ...label,
        ...padding,
      ]),
    );
    directory.push(
      Uint8Array.from([
        ...uint32(0x02014b50),
        ...uint16(10, 10),
        ...shared,
        ...uint16(0, 0, 0, 0),
        ...uint32(0, at),
        ...label,
      ]),
    );
    at = start + extra + size;
  }
  const length = directory.reduce((sum, entry) => sum + entry.length, 0);
  if (at + length > MAX_BYTES) throw new ManabiError('zip-too-large', '');
  const counts = uint16(0, 0, directory.length, directory.length);
  const end = Uint8Array.from([...uint32(0x06054b50), ...counts, ...uint32(length, at), ...uint16(0)]);
  return { headers, end: [...directory, end] };
}

function uint16(...values: number[]): number[] {
  return values.flatMap((value) => [value & 255, (value >>> 8) & 255]);
}

function uint32(...values: number[]): number[] {
  return values.flatMap((value) => [...uint16(value & 0xffff, value >>> 16)]);
}
