import { splitGraphemes } from 'unicode-segmenter/grapheme';
import { codePoints, type AlignedText } from '../aligned-text.ts';
import { writeUtf8 } from '../utf8.ts';
import type { Charsmap } from './charsmap.ts';

// A grapheme cluster of several characters is looked up whole only when it has 2-5 UTF-8 bytes. Such a cluster needs
// a combining mark, joiner, prepended mark, CR LF, half-width voice mark or emoji modifier; between the characters
// below no such cluster exists (Hangul syllables and flags join too, but into 6 bytes and more), so the segmenter
// (Unicode 16, as the Rust library) runs only on text with another character.
const withoutShortClusters =
  // oxlint-disable-next-line no-control-regex -- all of ASCII but CR
  /^[\0-\x0c\x0e-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0590\u2010-\u2027\u2030-\u205f\u2070-\u20cf\u2100-\u2cee\u2e00-\u3029\u3030-\u3098\u309b-\ua66e\uac00-\ud7a3\uf900-\ufb1d\uff00-\uff9d\uffa0-\uffef\u{1f000}-\u{1f3fa}\u{1f400}-\u{1faff}\u{20000}-\u{3ffff}]*$/u;

/** The reference's Precompiled normalizer: clusters shorter than 6 bytes are looked up whole, then each character. */
export function precompiled(charsmap: Charsmap, text: AlignedText): AlignedText {
  const output: number[] = [];
  const changes: number[] = [];
  let modified = false;
  const replace = (replacement: Int32Array, removed: number) => {
    modified = true;
    for (const code of replacement) {
      output.push(code);
      changes.push(0);
    }
    const growth = replacement.length - removed;
    if (growth > 0) changes.fill(1, changes.length - growth);
    // A removal with nothing emitted before it is lost, so later spans lag behind: the reference does so too.
    else if (growth < 0 && changes.length > 0) changes[changes.length - 1] += growth;
  };
  const characters = (codes: Int32Array) => {
    for (const code of codes) {
      const replacement = charsmap.character(code);
      if (replacement) replace(replacement, 1);
      else {
        output.push(code);
        changes.push(0);
      }
    }
  };
  if (withoutShortClusters.test(text.toString())) {
    if (!charsmap.touches(text.codes)) return text;
    characters(text.codes);
  } else {
    const bytes = new Uint8Array(9);
    for (const cluster of clusters(text.toString())) {
      const codes = codePoints(cluster);
      const hit = codes.length > 1 ? wholeCluster(charsmap, codes, bytes) : null;
      if (hit) replace(hit, codes.length);
      else characters(codes);
    }
  }
  return modified ? text.transform(output, changes) : text;
}

/** The segmenter takes U+007F for a letter that a mark can follow: it is a control character, a cluster of its own. */
function* clusters(text: string): Generator<string> {
  for (const [i, part] of text.split('\x7f').entries()) {
    if (i > 0) yield '\x7f';
    yield* splitGraphemes(part);
  }
}

function wholeCluster(charsmap: Charsmap, codes: Int32Array, bytes: Uint8Array): Int32Array | null {
  let length = 0;
  for (const code of codes) {
    length += writeUtf8(code, bytes, length);
    if (length >= 6) return null;
  }
  return charsmap.search(bytes, 0, length, false)?.replacement ?? null;
}
