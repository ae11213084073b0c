import { ManabiError } from '../errors/manabi-error.ts';
import { packedKind } from './unpack.ts';

/** Bytes from the start that tell. */
export const TELLING_BYTES = 512;

/**
 * Throws where a file is something else that a download has left in its place: file-lfs-pointer, file-html, file-packed.
 * `start` are its first bytes.
 */
export function refuseStandIn(name: string, start: Uint8Array): void {
  const text = new TextDecoder('latin1').decode(start.subarray(0, TELLING_BYTES));
  if (text.startsWith('version https://git-lfs.github.com/')) throw new ManabiError('file-lfs-pointer', name);
  if (/^\s*(?:\xef\xbb\xbf)?\s*<(?:!doctype|!--|html|head|\?xml)/i.test(text))
    throw new ManabiError('file-html', name);
  const kind = text.startsWith('\x1f\x8b') ? 'gzip' : packedKind(start);
  if (kind) throw new ManabiError('file-packed', name, { kind });
}

/** Throws file-text where a file that holds numbers begins as text does: an answer of the hub, as "Entry not found", was saved in its place. */
export function refuseText(name: string, start: Uint8Array): void {
  const isText = (byte: number) => byte >= 32 || byte === 9 || byte === 10 || byte === 13;
  if (start.length === 0 || !start.every(isText)) return;
  const found = JSON.stringify(new TextDecoder().decode(start.subarray(0, 80)));
  throw new ManabiError('file-text', name, { start: found });
}
