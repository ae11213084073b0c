import { ManabiError } from '../errors/manabi-error.ts';
import type { DataForm } from './example.ts';

/** Bytes -> text by their byte order mark, without it; UTF-8 where there is none. Throws ManabiError squad-not-utf8. */
export function decodeText(
  bytes: Uint8Array,
  fileName: string,
): { text: string; encoding: NonNullable<DataForm['encoding']> } {
  const [first, second] = bytes;
  const label =
    first === 0xff && second === 0xfe ? 'utf-16le' : first === 0xfe && second === 0xff ? 'utf-16be' : 'utf-8';
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(bytes);
    return { text, encoding: label === 'utf-8' ? 'UTF-8' : 'UTF-16' };
  } catch {
    throw new ManabiError('squad-not-utf8', fileName);
  }
}
