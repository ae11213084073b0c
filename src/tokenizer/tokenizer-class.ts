import { ManabiError } from '../errors/manabi-error.ts';
import type { JsonReader } from './json-reader.ts';
import type { NamedToken, SpecialName } from './special-tokens.ts';

/** What a tokenizer class of transformers adds to its files. */
export interface TokenizerClass {
  /** Special tokens where no file names them. */
  defaults: Partial<Record<SpecialName, string>>;
  /** Flags of a mask token that the files name by its text alone. */
  maskFlags?: Omit<Exclude<NamedToken, string>, 'content'>;
  /** Rewrites parts of tokenizer.json by the settings of tokenizer_config.json, after the added tokens were read. */
  adjust?: (parts: JsonReader, config: JsonReader) => JsonReader;
}

const bertNames = { unk: '[UNK]', sep: '[SEP]', pad: '[PAD]', cls: '[CLS]', mask: '[MASK]' };
const debertaNames = { bos: '[CLS]', eos: '[SEP]', ...bertNames };
const robertaNames = {
  bos: '<s>',
  eos: '</s>',
  sep: '</s>',
  cls: '<s>',
  unk: '<unk>',
  pad: '<pad>',
  mask: '<mask>',
};
const endOfText = '<|endoftext|>';

const takesSpace = { normalized: false, lstrip: true, rstrip: false, single_word: false, special: false };

const bert: TokenizerClass = { defaults: bertNames, adjust: adjustBertNormalizer };

// Without "Fast": transformers loads the fast tokenizer of either name.
const classes: Record<string, TokenizerClass> = {
  DebertaV2Tokenizer: { defaults: debertaNames },
  PreTrainedTokenizer: { defaults: {} },
  DebertaTokenizer: { defaults: debertaNames },
  BertTokenizer: bert,
  ElectraTokenizer: bert,
  DistilBertTokenizer: bert,
  RobertaTokenizer: {
    defaults: robertaNames,
    maskFlags: takesSpace,
    adjust: adjustTrimming,
  },
  XLMRobertaTokenizer: { defaults: robertaNames, maskFlags: { ...takesSpace, normalized: null } },
  AlbertTokenizer: {
    defaults: { ...debertaNames, unk: '<unk>', pad: '<pad>' },
    maskFlags: takesSpace,
  },
  GPT2Tokenizer: { defaults: { unk: endOfText, bos: endOfText, eos: endOfText } },
};

// Classes whose words come from a program that is not here.
const segmenters: Record<string, string> = { BertJapaneseTokenizer: 'MeCab' };

/**
 * The class that tokenizer_config.json names, or else the one that the model's config.json names, or that of DeBERTa-v2 models.
 * @throws ManabiError tokenizer-segmenter, tokenizer-class
 */
export function readTokenizerClass(config: JsonReader, ofModel = 'DebertaV2Tokenizer'): TokenizerClass {
  const named = config.get('tokenizer_class');
  const name = named.isNull ? ofModel : named.string;
  const base = name.replace(/Fast$/, '');
  if (Object.hasOwn(segmenters, base)) {
    throw new ManabiError('tokenizer-segmenter', named.place, { name, program: segmenters[base] });
  }
  if (!Object.hasOwn(classes, base)) throw new ManabiError('tokenizer-class', named.place, { name });
  return classes[base];
}

/** A pre-tokenizer ByteLevel that stands alone takes add_prefix_space from the config, where absent means false. */
export function adjustPrefixSpace(parts: JsonReader, config: JsonReader): JsonReader {
  const preTokenizer = parts.get('pre_tokenizer');
  if (preTokenizer.isNull || preTokenizer.get('type').value !== 'ByteLevel') return parts;
  const prefix = config.get('add_prefix_space');
  if (prefix.value === null) return parts;
  return parts.with('pre_tokenizer', { add_prefix_space: prefix.isNull ? false : prefix.boolean });
}

function adjustBertNormalizer(parts: JsonReader, config: JsonReader): JsonReader {
  const normalizer = parts.get('normalizer');
  if (normalizer.isNull || normalizer.get('type').value !== 'BertNormalizer') return parts;
  const flag = (key: string) => (config.get(key).isNull ? true : config.get(key).boolean);
  const accents = config.get('strip_accents');
  return parts.with('normalizer', {
    lowercase: flag('do_lower_case'),
    handle_chinese_chars: flag('tokenize_chinese_chars'),
    strip_accents: accents.isNull ? null : accents.boolean,
  });
}

function adjustTrimming(parts: JsonReader, config: JsonReader): JsonReader {
  const processor = parts.get('post_processor');
  const type = processor.isNull ? null : processor.get('type').value;
  if (type !== 'RobertaProcessing' && type !== 'ByteLevel') return parts;
  const flag = (key: string, otherwise: boolean) =>
    config.get(key).isNull ? otherwise : config.get(key).boolean;
  return parts.with('post_processor', {
    add_prefix_space: flag('add_prefix_space', false),
    trim_offsets: flag('trim_offsets', true),
  });
}
