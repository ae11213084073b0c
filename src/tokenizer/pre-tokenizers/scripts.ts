import { anyScript, scriptOf } from '../unicode/scripts.ts';
import { cutPieces, type PreTokenizer } from './pre-tokenized.ts';

/** Cuts where the script changes. What comes before the first character with a script is dropped, as in the reference. */
export const splitScripts: PreTokenizer = (input) =>
  cutPieces(input, ({ codes }, from, to) => {
    const ranges: number[] = [];
    let last = -1;
    for (let i = from; i < to; i++) {
      const script = scriptOf(codes[i]);
      if (script === anyScript) continue;
      if (script !== last) {
        if (ranges.length > 0) ranges.push(i);
        ranges.push(i);
      }
      last = script;
    }
    if (ranges.length > 0) ranges.push(to);
    return ranges;
  });
