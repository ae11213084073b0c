import type { JsonReader } from '../json-reader.ts';
import { readPattern } from '../pattern.ts';
import { isWhitespace } from '../unicode/classes.ts';
import { isPunctuation } from '../unicode/punctuation.ts';
import { isNumeric } from '../unicode/word.ts';
import { readBehavior } from './behavior.ts';
import { byteLevel } from './byte-level.ts';
import { readMetaspace } from './metaspace.ts';
import type { PreTokenizer } from './pre-tokenized.ts';
import { splitScripts } from './scripts.ts';
import { splitAtCharacters, splitAtPattern, splitByLength, splitWords } from './split.ts';

/** Every punctuation character becomes a piece of its own. */
export const isolatePunctuation = splitAtCharacters(isPunctuation, 'Isolated');
const dropWhitespace = splitAtCharacters(isWhitespace, 'Removed');

export function preTokenizersInSequence(steps: readonly PreTokenizer[]): PreTokenizer {
  return (input) => {
    let result = input;
    for (const step of steps) result = step(result);
    return result;
  };
}

/**
 * A `pre_tokenizer` of tokenizer.json.
 * @throws ManabiError tokenizer-unsupported
 */
export function readPreTokenizer(json: JsonReader): PreTokenizer {
  if (json.isNull) return (input) => input;
  const type = json.get('type').string;
  switch (type) {
    case 'Sequence':
      return preTokenizersInSequence(json.get('pretokenizers').list.map(readPreTokenizer));
    case 'Metaspace':
      return readMetaspace(json);
    case 'ByteLevel': {
      const useRegex = json.get('use_regex');
      return byteLevel(json.get('add_prefix_space').boolean, useRegex.isNull || useRegex.boolean);
    }
    case 'Whitespace':
      return splitWords;
    case 'WhitespaceSplit':
      return dropWhitespace;
    case 'BertPreTokenizer':
      return preTokenizersInSequence([dropWhitespace, isolatePunctuation]);
    case 'Punctuation': {
      const behavior = json.get('behavior');
      return behavior.isNull ? isolatePunctuation : splitAtCharacters(isPunctuation, readBehavior(behavior));
    }
    case 'Digits':
      return splitAtCharacters(isNumeric, json.get('individual_digits').boolean ? 'Isolated' : 'Contiguous');
    case 'CharDelimiterSplit': {
      const delimiter = json.get('delimiter').string.codePointAt(0);
      return splitAtCharacters((code) => code === delimiter, 'Removed');
    }
    case 'Split':
      return splitAtPattern(
        readPattern(json.get('pattern')),
        readBehavior(json.get('behavior')),
        json.get('invert').boolean,
      );
    case 'UnicodeScripts':
      return splitScripts;
    case 'FixedLength': {
      const length = json.get('length');
      return splitByLength(length.isNull ? 5 : length.positiveInteger);
    }
    default:
      throw json.unsupported('pre_tokenizer', type);
  }
}
