import { splitGraphemes } from 'unicode-segmenter/grapheme';
import type { Normalized } from './normalized.ts';

/** No code point of these ranges joins its neighbours to a grapheme cluster, so segmentation can be left out. */
const noClusters = /^[\n\x20-\x7e\u2010-\u2027\u3000-\u3029\u3030-\u3098\u309b-\u9fff\uff01-\uff9d]*$/;
const utf8 = new TextEncoder();

/**
 * SentencePiece's precompiled_charsmap: a Darts double array of UTF-8 prefixes, then NUL-terminated replacements.
 * Applied as tokenizers' Precompiled normalizer does, quirks included.
 */
export class Charsmap {
  private readonly trie: Uint32Array;
  private readonly replacements: Uint8Array;
  private readonly cache = new Map<string, string | null>();

  constructor(blob: Uint8Array) {
    const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
    const size = view.getUint32(0, true);
    this.trie = Uint32Array.from({ length: size / 4 }, (_, i) => view.getUint32(4 + 4 * i, true));
    this.replacements = blob.subarray(4 + size);
  }

  normalize(input: Normalized): Normalized {
    const text = input.text;
    const chars: string[] = [];
    const changes: number[] = [];
    const replace = (old: number, part: string) => {
      const added = [...part];
      for (const char of added) {
        chars.push(char);
        changes.push(0);
      }
      const difference = added.length - old;
      for (let i = 0; i < difference; i++) changes[changes.length - 1 - i] = 1;
      // A removal with nothing emitted before it is lost: later spans lag, as in the reference.
      if (difference < 0 && changes.length > 0) changes[changes.length - 1] += difference;
    };
    const single = (char: string) => {
      const found = this.lookup(char);
      if (found === null) {
        chars.push(char);
        changes.push(0);
      } else replace(1, found);
    };
    if (noClusters.test(text)) {
      for (const char of input.chars) single(char);
    } else {
      for (const grapheme of splitGraphemes(text)) {
        const points = [...grapheme];
        const whole = points.length > 1 && utf8.encode(grapheme).length < 6 ? this.lookup(grapheme) : null;
        if (whole !== null) replace(points.length, whole);
        else for (const char of points) single(char);
      }
    }
    return input.transform(chars, changes);
  }

  /** The replacement of the shortest prefix of `text` that has one, or null. */
  private lookup(text: string): string | null {
    let found = this.cache.get(text);
    if (found === undefined) {
      found = this.search(utf8.encode(text));
      this.cache.set(text, found);
    }
    return found;
  }

  private search(bytes: Uint8Array): string | null {
    const offset = (unit: number) => (unit >>> 10) << ((unit & 512) >>> 6);
    let node = offset(this.trie[0]);
    for (const byte of bytes) {
      if (byte === 0) return null;
      node ^= byte;
      const unit = this.trie[node];
      if ((unit & 0x800000ff) !== byte) return null;
      node ^= offset(unit);
      if ((unit >>> 8) & 1) return this.replacement(this.trie[node] & 0x7fffffff);
    }
    return null;
  }

  private replacement(at: number): string {
    return new TextDecoder().decode(this.replacements.subarray(at, this.replacements.indexOf(0, at)));
  }
}
