import { Gunzip, unzipSync, type UnzipFileInfo } from 'fflate';
import { ManabiError } from '../errors/manabi-error.ts';
import { crc32 } from './crc32.ts';

/** The one data file inside what was given, with the name that it has there. */
export interface UnpackedFile {
  name: string;
  bytes: Uint8Array;
  container: 'gzip' | 'zip' | null;
}

// What stands at the start of packed files of other kinds.
const otherKinds: readonly (readonly [kind: string, at: number, magic: readonly number[]])[] = [
  ['bzip2', 0, [0x42, 0x5a, 0x68]],
  ['xz', 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ['lz4', 0, [0x04, 0x22, 0x4d, 0x18]],
  ['7z', 0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', 0, [0x52, 0x61, 0x72, 0x21, 0x1a, 0x07]],
  ['tar', 257, [0x75, 0x73, 0x74, 0x61, 0x72]],
];

const startsWith = (bytes: Uint8Array, magic: readonly number[], at = 0) =>
  bytes.length >= at + magic.length && magic.every((byte, i) => bytes[at + i] === byte);

/** The kind of compression that a file is packed with and that is not read here, or null. */
export function packedKind(bytes: Uint8Array): string | null {
  return otherKinds.find(([, at, magic]) => startsWith(bytes, magic, at))?.[0] ?? null;
}

/**
 * Takes gzip and a zip with one file off, also one inside the other. `limit` bounds what is unpacked. Throws ManabiError: packed-kind
 * (another compression), packed-damaged, packed-files (a zip of several files, or none), packed-workbook, squad-too-large.
 */
export function unpackFile(name: string, bytes: Uint8Array, limit: number): UnpackedFile {
  let file: UnpackedFile = { name, bytes, container: null };
  // A zip inside a gzip inside a zip is the deepest that is looked into.
  for (let depth = 0; depth < 3; depth++) {
    if (startsWith(file.bytes, [0x1f, 0x8b])) {
      const inner = gunzip(name, file.bytes, limit);
      file = {
        name: file.name.replace(/\.gz(?:ip)?$/i, ''),
        bytes: inner,
        container: file.container ?? 'gzip',
      };
    } else if (startsWith(file.bytes, [0x50, 0x4b, 0x03, 0x04])) {
      const inner = unzipOne(name, file.bytes, limit);
      file = { ...inner, container: file.container ?? 'zip' };
    } else break;
  }
  const kind = packedKind(file.bytes);
  if (kind) throw new ManabiError('packed-kind', name, { kind });
  return file;
}

function tooLarge(name: string, limit: number): ManabiError {
  return new ManabiError('squad-too-large', name, { size: `> ${limit / 2 ** 20}`, limit: limit / 2 ** 20 });
}

function damaged(name: string, kind: string, reason: string): ManabiError {
  return new ManabiError('packed-damaged', name, { kind, reason });
}

const INPUT_BYTES = 2 ** 16;

/** All members of a gzip file, one after the other. fflate checks neither length nor CRC, so that is done here. */
function gunzip(name: string, bytes: Uint8Array, limit: number): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts: Uint8Array[] = [];
  let size = 0;
  let crc = 0;
  let memberSize = 0;
  const stream = new Gunzip((part) => {
    size += part.length;
    if (size > limit) throw tooLarge(name, limit);
    parts.push(part);
    crc = crc32(part, crc);
    memberSize += part.length;
  });
  const checkMember = (end: number) => {
    const isWhole =
      end >= 18 &&
      view.getUint32(end - 8, true) === crc &&
      view.getUint32(end - 4, true) === memberSize % 2 ** 32;
    if (!isWhole) throw damaged(name, 'gzip', 'CRC');
    crc = 0;
    memberSize = 0;
  };
  stream.onmember = checkMember;
  try {
    for (let at = 0; at < bytes.length; at += INPUT_BYTES) {
      stream.push(bytes.subarray(at, at + INPUT_BYTES), at + INPUT_BYTES >= bytes.length);
    }
  } catch (error) {
    throw error instanceof ManabiError ? error : damaged(name, 'gzip', (error as Error).message);
  }
  checkMember(bytes.length);
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const dataFile = /\.(json|jsonl|ndjson|csv|tsv|tab|parquet)(\.gz)?$/i;

/** The one file of a zip, or the one with data among others as a README; what a Mac adds does not count. */
function unzipOne(name: string, bytes: Uint8Array, limit: number): { name: string; bytes: Uint8Array } {
  const records = directoryOf(name, bytes);
  const isFile = (path: string) => !path.endsWith('/') && !/(^|\/)(__MACOSX\/|\.)/.test(path);
  const found: { name: string; size: number; at: number }[] = [];
  let at = 0;
  const list = (entry: UnzipFileInfo) => {
    if (isFile(entry.name)) found.push({ name: entry.name, size: entry.originalSize, at });
    at++;
    return false;
  };
  inflated(name, () => unzipSync(bytes, { filter: list }));
  // The sheets of Excel and of LibreOffice are zips.
  if (found.some((entry) => entry.name === 'xl/workbook.xml' || entry.name === 'META-INF/manifest.xml')) {
    throw new ManabiError('packed-workbook', name);
  }
  const data = found.filter((entry) => dataFile.test(entry.name));
  const [only, ...others] = data.length > 0 ? data : found;
  if (!only || others.length > 0) {
    const files = found.map((entry) => entry.name).slice(0, 5);
    throw new ManabiError('packed-files', name, { count: found.length, files: files.join(', ') || '—' });
  }
  const { crc, encrypted } = records[only.at];
  if (encrypted) throw damaged(name, 'zip', `${only.name} is encrypted`);
  if (only.size > limit) throw tooLarge(name, limit);
  const unpacked = inflated(name, () => unzipSync(bytes, { filter: (entry) => entry.name === only.name }));
  const content = unpacked[only.name];
  if (crc32(content) !== crc) throw damaged(name, 'zip', 'CRC');
  return { name: only.name.slice(only.name.lastIndexOf('/') + 1), bytes: content };
}

function inflated<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw damaged(name, 'zip', (error as Error).message);
  }
}

/** What fflate does not tell of the entries, in their order. */
function directoryOf(name: string, bytes: Uint8Array): { crc: number; encrypted: boolean }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) throw damaged(name, 'zip', 'no end record');
  const records: { crc: number; encrypted: boolean }[] = [];
  let at = view.getUint32(end + 16, true);
  while (at + 46 <= end && view.getUint32(at, true) === 0x02014b50) {
    records.push({
      crc: view.getUint32(at + 16, true),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
    });
    at += 46 + view.getUint16(at + 28, true) + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  if (records.length !== view.getUint16(end + 10, true)) throw damaged(name, 'zip', 'directory');
  return records;
}
