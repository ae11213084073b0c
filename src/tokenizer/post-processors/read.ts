import type { JsonReader } from '../json-reader.ts';
import { Encoding } from './encoding.ts';
import { readTemplate } from './template.ts';
import { trimOffsets, type SpacesOf } from './trim-offsets.ts';

/** What puts special tokens around one text or a pair. */
export interface PostProcessor {
  /** How many special tokens it adds to one text or to two. */
  addedTokens(texts: number): number;
  /** Whether it changes the spans of a text's own tokens. */
  trims: boolean;
  process(encodings: readonly Encoding[], addSpecialTokens: boolean): Encoding[];
}

/**
 * The `post_processor` of tokenizer.json.
 * @throws ManabiError tokenizer-unsupported
 */
export function readPostProcessor(json: JsonReader, spacesOf: SpacesOf): PostProcessor {
  const type = json.get('type').string;
  switch (type) {
    case 'Sequence': {
      const steps = json.get('processors').list.map((step) => readPostProcessor(step, spacesOf));
      return {
        addedTokens: (texts) => steps.reduce((sum, step) => sum + step.addedTokens(texts), 0),
        trims: steps.some((step) => step.trims),
        process: (encodings, add) =>
          steps.reduce<Encoding[]>((result, step) => step.process(result, add), [...encodings]),
      };
    }
    case 'TemplateProcessing':
      return readTemplate(json);
    case 'ByteLevel':
      return byteLevelProcessing(
        json.get('trim_offsets').boolean,
        json.get('add_prefix_space').boolean,
        spacesOf,
      );
    case 'BertProcessing':
      return bertProcessing(specialId(json.get('cls')), specialId(json.get('sep')));
    case 'RobertaProcessing': {
      const cls = specialId(json.get('cls'));
      const sep = specialId(json.get('sep'));
      const trim = json.get('trim_offsets').boolean;
      const prefix = json.get('add_prefix_space').boolean;
      return robertaProcessing(cls, sep, trim ? (encoding) => trimOffsets(encoding, prefix, spacesOf) : null);
    }
    default:
      throw json.unsupported('post_processor', type);
  }
}

/** [token, id] */
function specialId(json: JsonReader): number {
  const { list } = json;
  return list.length === 2 ? list[1].count : json.wrong('list');
}

function byteLevelProcessing(trim: boolean, prefix: boolean, spacesOf: SpacesOf): PostProcessor {
  return {
    addedTokens: () => 0,
    trims: trim,
    process: (encodings) =>
      encodings.map((encoding, i) =>
        (trim ? trimOffsets(encoding, prefix, spacesOf) : encoding).withSequence(i),
      ),
  };
}

/** [CLS] A [SEP] and B [SEP]; the types are 0 and 1. */
function bertProcessing(cls: number, sep: number): PostProcessor {
  return {
    addedTokens: (texts) => (texts === 2 ? 3 : 2),
    trims: false,
    process: (encodings, add) =>
      add
        ? encodings.map((encoding, i) =>
            i === 0 ? surround(encoding, [cls], sep, 0, 0) : surround(encoding, [], sep, 1, 1),
          )
        : [...encodings],
  };
}

/** <s> A </s> and </s> B </s>; all types are 0. */
function robertaProcessing(
  cls: number,
  sep: number,
  trim: ((encoding: Encoding) => Encoding) | null,
): PostProcessor {
  return {
    addedTokens: (texts) => (texts === 2 ? 4 : 2),
    trims: trim !== null,
    process: (encodings, add) =>
      encodings.map((encoding, i) => {
        const trimmed = (trim ? trim(encoding) : encoding).withType(0);
        return add ? surround(trimmed, [i === 0 ? cls : sep], sep, i === 0 ? 0 : 1, 0) : trimmed;
      }),
  };
}

function surround(
  encoding: Encoding,
  before: readonly number[],
  after: number,
  sequence: number,
  type: number,
): Encoding {
  return encoding.eachWindow((window) =>
    Encoding.ofSpecialTokens(before, type)
      .followedBy(window.withoutRanges().withType(type).withSequence(sequence))
      .followedBy(Encoding.ofSpecialTokens([after], type)),
  );
}
