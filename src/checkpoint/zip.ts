import { ManabiError } from '../errors/manabi-error.ts';
import { readRange, type ByteSource } from './byte-source.ts';
import { crc32 } from '../compression/crc32.ts';

/** One entry, stored as it is, of a zip; `read` checks its CRC. */
export interface ZipEntry {
  size: number;
  /** Throws ManabiError zip-crc and zip-broken. */
  read(): Promise<Uint8Array>;
}

interface DirectoryRecord {
  name: string;
  crc: number;
  size: number;
  headerOffset: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END64 = 0x06064b50;
const LOCATOR64 = 0x07064b50;
const IN_ZIP64 = 0xffffffff;
const LOCAL_BYTES = 30;
const END_BYTES = 22;
const MAX_COMMENT = 0xffff;
// A checkpoint of ten thousand tensors has a directory of about 1 MB.
const MAX_DIRECTORY = 2 ** 24;

/**
 * The entries of a zip (also zip64) by name, from its directory at the end. Throws ManabiError: zip-incomplete, zip-compressed
 * (torch stores its entries as they are), zip-broken.
 */
export async function readZip(source: ByteSource): Promise<Map<string, ZipEntry>> {
  const { offset, size } = await findDirectory(source);
  const records = parseDirectory(await readRange(source, offset, offset + size), source.name);
  records.sort((a, b) => a.headerOffset - b.headerOffset);
  const entries = new Map<string, ZipEntry>();
  for (const [i, record] of records.entries()) {
    // Entries that overlap could hold more than the file.
    const next = records[i + 1]?.headerOffset ?? offset;
    if (record.headerOffset + LOCAL_BYTES + record.size > next)
      throw broken(source, `${record.name} too long`);
    entries.set(record.name, { size: record.size, read: () => readEntry(source, record, offset) });
  }
  return entries;
}

function broken(source: { name: string }, reason: string): ManabiError {
  return new ManabiError('zip-broken', source.name, { reason });
}

/** torch's zips end without a comment, so that their last bytes are enough. */
async function findDirectory(source: ByteSource): Promise<{ offset: number; size: number }> {
  const found = (await findEnd(source, 0)) ?? (await findEnd(source, MAX_COMMENT));
  if (!found) throw new ManabiError('zip-incomplete', source.name);
  return found;
}

async function findEnd(
  source: ByteSource,
  comment: number,
): Promise<{ offset: number; size: number } | null> {
  const from = Math.max(0, source.size - END_BYTES - comment);
  const tail = await readRange(source, from, source.size);
  const view = viewOf(tail);
  for (let at = tail.length - END_BYTES; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    if (at + END_BYTES + view.getUint16(at + 20, true) !== tail.length) continue;
    let size = view.getUint32(at + 12, true);
    let offset = view.getUint32(at + 16, true);
    if (offset === IN_ZIP64 || size === IN_ZIP64) [offset, size] = await directory64(source, from + at);
    if (size > MAX_DIRECTORY || offset + size > from + at) throw broken(source, 'directory beyond the file');
    return { offset, size };
  }
  return null;
}

async function directory64(source: ByteSource, end: number): Promise<[offset: number, size: number]> {
  if (end < 20) throw broken(source, 'no zip64 record');
  const locator = viewOf(await readRange(source, end - 20, end));
  const at = Number(locator.getBigUint64(8, true));
  if (locator.getUint32(0, true) !== LOCATOR64 || at + 56 > end) throw broken(source, 'no zip64 record');
  const record = viewOf(await readRange(source, at, at + 56));
  if (record.getUint32(0, true) !== END64) throw broken(source, 'no zip64 record');
  return [Number(record.getBigUint64(48, true)), Number(record.getBigUint64(40, true))];
}

function parseDirectory(bytes: Uint8Array, place: string): DirectoryRecord[] {
  const view = viewOf(bytes);
  const records: DirectoryRecord[] = [];
  const wrong = () => broken({ name: place }, 'directory entry');
  for (let at = 0; at < bytes.length;) {
    if (at + 46 > bytes.length || view.getUint32(at, true) !== CENTRAL) throw wrong();
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const end = extraEnd + view.getUint16(at + 32, true);
    if (end > bytes.length) throw wrong();
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    if (method !== 0) throw new ManabiError('zip-compressed', place, { entry: name });
    if (flags & 1) throw broken({ name: place }, `${name} is encrypted`);
    const sizes = wideSizes(view, at, nameEnd, extraEnd);
    if (!sizes || sizes.stored !== sizes.size) throw wrong();
    records.push({
      name,
      crc: view.getUint32(at + 16, true),
      size: sizes.size,
      headerOffset: sizes.headerOffset,
    });
    at = end;
  }
  return records;
}

/** Sizes and offset of a directory entry; those that are all ones stand in its zip64 field, in this order. */
function wideSizes(view: DataView, at: number, extraStart: number, extraEnd: number) {
  const values = [
    view.getUint32(at + 24, true),
    view.getUint32(at + 20, true),
    view.getUint32(at + 42, true),
  ];
  let field = extraStart;
  while (field + 4 <= extraEnd && view.getUint16(field, true) !== 1)
    field += 4 + view.getUint16(field + 2, true);
  let from = field + 4;
  for (const [i, value] of values.entries()) {
    if (value !== IN_ZIP64) continue;
    if (from + 8 > extraEnd) return null;
    values[i] = Number(view.getBigUint64(from, true));
    from += 8;
  }
  const [size, stored, headerOffset] = values;
  return { size, stored, headerOffset };
}

async function readEntry(source: ByteSource, record: DirectoryRecord, end: number): Promise<Uint8Array> {
  const { name, size, headerOffset } = record;
  if (headerOffset + LOCAL_BYTES > end) throw broken(source, `${name} beyond the file`);
  const header = viewOf(await readRange(source, headerOffset, headerOffset + LOCAL_BYTES));
  if (header.getUint32(0, true) !== LOCAL) throw broken(source, `${name} has no header`);
  const start = headerOffset + LOCAL_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + size > end) throw broken(source, `${name} beyond the file`);
  const bytes = await readRange(source, start, start + size);
  if (crc32(bytes) !== record.crc) throw new ManabiError('zip-crc', source.name, { entry: name });
  return bytes;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
