import { ManabiError } from '../../errors/manabi-error.ts';
import { codePoints } from '../aligned-text.ts';
import { writeUtf8 } from '../utf8.ts';

/**
 * SentencePiece's precompiled_charsmap: a double-array trie (Darts-clone) from UTF-8 byte strings to offsets in a
 * block of NUL-terminated replacements. Bytes: u32 size of the trie, its u32 units, the block; little-endian.
 */
export class Charsmap {
  private readonly units: Uint32Array;
  private readonly block: Uint8Array;
  private readonly replacements = new Map<number, Int32Array>();
  /** Per code point of the BMP: 0 not looked up yet, 1 stays as it is, 2 is replaced (see `single`). */
  private readonly seen = new Uint8Array(0x10000);
  private readonly single = new Map<number, Int32Array | null>();
  private readonly bytes = new Uint8Array(4);

  /** @throws ManabiError tokenizer-broken */
  constructor(data: Uint8Array, place: string) {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const size = data.byteLength >= 4 ? view.getUint32(0, true) : -1;
    if (size < 4 || size % 4 !== 0 || 4 + size > data.byteLength) {
      throw new ManabiError('tokenizer-broken', place, { reason: 'precompiled_charsmap' });
    }
    this.units = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.block = data.subarray(4 + size);
  }

  /** The replacement of one character looked up alone, or null. */
  character(code: number): Int32Array | null {
    if (this.seen[code] === 1) return null;
    let found = this.single.get(code);
    if (found === undefined) {
      const length = writeUtf8(code, this.bytes, 0);
      found = this.search(this.bytes, 0, length, false)?.replacement ?? null;
      this.single.set(code, found);
      if (code < 0x10000) this.seen[code] = found ? 2 : 1;
    }
    return found;
  }

  /** Whether any of the characters, looked up alone, is replaced. */
  touches(codes: Int32Array): boolean {
    for (let i = 0; i < codes.length; i++) if (this.character(codes[i]) !== null) return true;
    return false;
  }

  /**
   * The entry that is a prefix of bytes[from, to): the shortest (what the Rust library takes) or the longest (what
   * SentencePiece takes).
   */
  search(
    bytes: Uint8Array,
    from: number,
    to: number,
    longest: boolean,
  ): { length: number; replacement: Int32Array } | null {
    const { units } = this;
    let position = offsetOf(units[0]);
    let length = 0;
    let value = 0;
    for (let i = from; i < to && bytes[i] !== 0; i++) {
      position ^= bytes[i];
      const unit = units[position];
      if (unit === undefined || (unit & 0x800000ff) !== bytes[i]) break;
      position ^= offsetOf(unit);
      if ((unit >>> 8) & 1 && position < units.length) {
        length = i + 1 - from;
        value = units[position] & 0x7fffffff;
        if (!longest) break;
      }
    }
    return length === 0 ? null : { length, replacement: this.replacement(value) };
  }

  private replacement(offset: number): Int32Array {
    let codes = this.replacements.get(offset);
    if (!codes) {
      const end = this.block.indexOf(0, offset);
      const bytes = this.block.subarray(offset, end < 0 ? undefined : end);
      codes = codePoints(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
      this.replacements.set(offset, codes);
    }
    return codes;
  }
}

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 512) >>> 6);
}
