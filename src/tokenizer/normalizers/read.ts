import { ManabiError } from '../../errors/manabi-error.ts';
import { codePoints, type AlignedText } from '../aligned-text.ts';
import type { JsonReader } from '../json-reader.ts';
import { readPattern } from '../pattern.ts';
import { isCombiningMark } from '../unicode/classes.ts';
import { bertNormalizer } from './bert.ts';
import { byteCharacters } from './byte-level.ts';
import { Charsmap } from './charsmap.ts';
import { lowercase } from './lowercase.ts';
import { nmt } from './nmt.ts';
import { precompiled } from './precompiled.ts';
import { collapseSpaces, replace } from './replace.ts';
import { strip } from './strip.ts';
import { unicodeForm } from './unicode-form.ts';

export type Normalizer = (text: AlignedText) => AlignedText;

export function inSequence(steps: readonly Normalizer[]): Normalizer {
  return (text) => {
    let result = text;
    for (const step of steps) result = step(result);
    return result;
  };
}

/**
 * A `normalizer` of tokenizer.json.
 * @throws ManabiError tokenizer-unsupported for a type, or a regular expression, that this project does not run
 */
export function readNormalizer(json: JsonReader): Normalizer {
  if (json.isNull) return (text) => text;
  const type = json.get('type').string;
  switch (type) {
    case 'Sequence':
      return inSequence(json.get('normalizers').list.map(readNormalizer));
    case 'Strip': {
      const left = json.get('strip_left').boolean;
      const right = json.get('strip_right').boolean;
      return (text) => strip(text, left, right);
    }
    case 'StripAccents':
      return (text) => text.filter((code) => !isCombiningMark(code));
    case 'Lowercase':
      return lowercase;
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD':
      return (text) => unicodeForm(text, type);
    case 'Nmt':
      return nmt;
    case 'Precompiled': {
      const charsmap = json.get('precompiled_charsmap');
      const map = new Charsmap(fromBase64(charsmap), charsmap.place);
      return (text) => precompiled(map, text);
    }
    case 'Prepend': {
      const prefix = codePoints(json.get('prepend').string);
      return (text) => text.prepend(prefix);
    }
    case 'Replace': {
      const pattern = readPattern(json.get('pattern'));
      const content = codePoints(json.get('content').string);
      if (pattern.source === ' {2,}' && content.length === 1 && content[0] === 32) return collapseSpaces;
      return (text) => replace(text, pattern, content);
    }
    case 'BertNormalizer': {
      const accents = json.get('strip_accents');
      return bertNormalizer({
        cleanText: json.get('clean_text').boolean,
        handleChineseChars: json.get('handle_chinese_chars').boolean,
        stripAccents: accents.isNull ? null : accents.boolean,
        lowercase: json.get('lowercase').boolean,
      });
    }
    case 'ByteLevel':
      return byteCharacters;
    default:
      throw json.unsupported('normalizer', type);
  }
}

function fromBase64(json: JsonReader): Uint8Array {
  try {
    return Uint8Array.from(atob(json.string), (character) => character.charCodeAt(0));
  } catch {
    throw new ManabiError('tokenizer-broken', json.place, { reason: 'base64' });
  }
}
