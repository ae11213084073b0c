import { ManabiError } from '../errors/manabi-error.ts';
import type { DataForm } from './example.ts';

/** Bytes from the start that tell what a file is. */
const LOOK_AT = 512;

/**
 * Bytes -> text by their byte order mark, without it; where there is none, by where the zero bytes are, as json.loads of Python tells UTF-16
 * from UTF-8. Throws ManabiError squad-not-utf8 (another encoding), squad-not-text (no text at all).
 */
export function decodeText(
  bytes: Uint8Array,
  fileName: string,
): { text: string; encoding: NonNullable<DataForm['encoding']> } {
  const label = encodingOf(bytes);
  if (label === null) throw new ManabiError('squad-not-utf8', fileName);
  try {
    const text = new TextDecoder(label, { fatal: true }).decode(bytes);
    return { text, encoding: label === 'utf-8' ? 'UTF-8' : 'UTF-16' };
  } catch {
    if (!bytes.subarray(0, LOOK_AT).some(isControl)) throw new ManabiError('squad-not-utf8', fileName);
    const start = JSON.stringify(new TextDecoder('latin1').decode(bytes.subarray(0, 8)));
    throw new ManabiError('squad-not-text', fileName, { start });
  }
}

/** null for UTF-32, which nothing here decodes. */
function encodingOf(bytes: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' | null {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return third === 0 && fourth === 0 ? null : 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const zeros = [0, 0];
  for (const [i, byte] of bytes.subarray(0, LOOK_AT).entries()) if (byte === 0) zeros[i % 2]++;
  const [even, odd] = zeros;
  // A few characters, as 一, have a zero byte at the other place; files that are no text have them at both.
  if (odd > 4 * even) return 'utf-16le';
  return even > 4 * odd ? 'utf-16be' : 'utf-8';
}

/** Text holds none of these but for white space and the escapes of ISO-2022-JP. */
function isControl(byte: number): boolean {
  return byte < 32 && !(byte >= 9 && byte <= 13) && byte !== 27;
}
