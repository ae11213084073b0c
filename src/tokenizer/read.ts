import { ManabiError } from '../errors/manabi-error.ts';
import { AddedVocabulary } from './added-vocabulary.ts';
import { JsonReader } from './json-reader.ts';
import { readNormalizer } from './normalizers/read.ts';
import { pipelineEncoder } from './pipeline.ts';
import { readPostProcessor } from './post-processors/read.ts';
import { readSentencePieceModel } from './sentencepiece-model.ts';
import { convertSentencePiece, type ConversionOptions } from './sentencepiece.ts';
import {
  addSpecialTokens,
  contentOf,
  readSpecialTokens,
  type ConfigFiles,
  type SpecialName,
  type SpecialTokens,
} from './special-tokens.ts';
import { countSpaces, type TokenSpaces } from './token-sink.ts';
import { adjustPrefixSpace, readTokenizerClass, type TokenizerClass } from './tokenizer-class.ts';
import { readTokenizerJson } from './tokenizer-json.ts';
import type { Tokenizer, TokenSequence } from './tokenizer.ts';
import { codePoints } from './aligned-text.ts';
import { pairWindows, singleWindow, type WindowOptions } from './windows.ts';

/** The files of a model folder that make its tokenizer; one of the first two is needed. */
export interface TokenizerFiles {
  'tokenizer.json'?: Uint8Array | string;
  'spm.model'?: Uint8Array;
  'tokenizer_config.json'?: Uint8Array | string;
  'special_tokens_map.json'?: Uint8Array | string;
  'added_tokens.json'?: Uint8Array | string;
  /** For the tokenizer class, where tokenizer_config.json does not name it. */
  'config.json'?: Uint8Array | string;
}

interface Encoder {
  encode: (text: string) => TokenSequence;
  addedTokens: AddedVocabulary;
  special: SpecialTokens;
  /** Token of each id. */
  tokens: readonly (string | undefined)[];
  windowOptions: WindowOptions;
}

// transformers' VERY_LARGE_INTEGER: "no limit is known".
const noLimit = 1e30;

/**
 * Makes the tokenizer of a model folder; tokenizer.json is preferred, as transformers prefers it. `place` names the
 * folder in errors.
 *
 * @throws ManabiError tokenizer-missing, tokenizer-not-json, tokenizer-shape, tokenizer-broken, tokenizer-unsupported,
 * tokenizer-class, tokenizer-segmenter, tokenizer-special-token
 */
export function readTokenizer(files: TokenizerFiles, place = ''): Tokenizer {
  const pathOf = (name: keyof TokenizerFiles) => inFolder(place, name);
  const configFiles = readConfigFiles(files, place);
  const tokenizerClass = classOf(files, configFiles);
  if (files['tokenizer.json'] !== undefined) {
    const encoder = fromTokenizerJson(readJson(files, 'tokenizer.json', place), configFiles, tokenizerClass);
    return assemble(encoder, configFiles, pathOf('tokenizer.json'));
  }
  const data = files['spm.model'];
  if (!data) throw new ManabiError('tokenizer-missing', place);
  const encoder = fromSentencePiece(data, configFiles, tokenizerClass, pathOf('spm.model'));
  return assemble(encoder, configFiles, pathOf('spm.model'));
}

function inFolder(place: string, name: string): string {
  return place ? `${place}/${name}` : name;
}

type JsonFile = Exclude<keyof TokenizerFiles, 'spm.model' | 'config.json'>;

function readJson(files: TokenizerFiles, name: JsonFile, place: string): JsonReader {
  const data = files[name];
  const path = inFolder(place, name);
  return data === undefined ? JsonReader.absent(path) : JsonReader.parse(data, path);
}

function readConfigFiles(files: TokenizerFiles, place: string): ConfigFiles {
  return {
    tokenizerConfig: readJson(files, 'tokenizer_config.json', place),
    specialTokensMap: readJson(files, 'special_tokens_map.json', place),
    addedTokens: readJson(files, 'added_tokens.json', place),
  };
}

function classOf(files: TokenizerFiles, { tokenizerConfig }: ConfigFiles): TokenizerClass {
  const model = files['config.json'] ?? '';
  const text = typeof model === 'string' ? model : new TextDecoder().decode(model);
  // Not parsed: config.json may hold what only Python reads, NaN for one, and nothing else of it is needed.
  const named = /"tokenizer_class"\s*:\s*"(\w+)"/.exec(text)?.[1];
  return readTokenizerClass(tokenizerConfig, named);
}

/** What transformers converts spm.model with: the settings and tokens of the files beside it, and the text of each special token that has a name. */
export function readConversion(
  files: TokenizerFiles,
  place = '',
): { options: ConversionOptions; named: ReadonlyMap<SpecialName, string> } {
  const configFiles = readConfigFiles(files, place);
  const { options, special } = conversionOptions(configFiles, classOf(files, configFiles));
  return {
    options,
    named: new Map(Array.from(special.named, ([name, token]) => [name, contentOf(token)])),
  };
}

function fromTokenizerJson(
  file: JsonReader,
  configFiles: ConfigFiles,
  tokenizerClass: TokenizerClass,
): Encoder {
  const config = configFiles.tokenizerConfig;
  const ofClass = tokenizerClass.adjust?.(file, config) ?? file;
  const parts = readTokenizerJson(adjustPrefixSpace(ofClass, config));
  const { normalizer, preTokenizer, model } = parts;
  const addedTokens = new AddedVocabulary(model.vocabulary, model.size);
  addedTokens.add(parts.addedTokens);
  const special = readSpecialTokens(configFiles, parts.addedTokens, tokenizerClass);
  addSpecialTokens(special, addedTokens);
  const tokens = tokensById(model.vocabulary, addedTokens);
  const spaces: TokenSpaces[] = [];
  const spacesOf = (id: number) => (spaces[id] ??= countSpaces(codePoints(tokens[id] ?? '')));
  const processor = ofClass.get('post_processor');
  return {
    encode: pipelineEncoder({
      addedTokens,
      splitSpecialTokens: flag(config.get('split_special_tokens')),
      normalizer,
      tokenNormalizer: ofClass === file ? normalizer : readNormalizer(file.get('normalizer')),
      preTokenizer,
      model,
    }),
    addedTokens,
    special: parts.padToken === null ? special : withPadToken(special, parts.padToken, config),
    tokens,
    windowOptions: {
      postProcessor: processor.isNull ? null : readPostProcessor(processor, spacesOf),
      truncationSide: readTruncationSide(config) ?? parts.truncationSide,
    },
  };
}

function fromSentencePiece(
  data: Uint8Array,
  configFiles: ConfigFiles,
  tokenizerClass: TokenizerClass,
  place: string,
): Encoder {
  const { special, options } = conversionOptions(configFiles, tokenizerClass);
  const model = readSentencePieceModel(data, place);
  const { encode, addedTokens, vocabulary, postProcessor } = convertSentencePiece(model, options, place);
  const truncationSide = readTruncationSide(configFiles.tokenizerConfig) ?? 'right';
  return {
    encode,
    addedTokens,
    special,
    tokens: tokensById(vocabulary, addedTokens),
    windowOptions: { postProcessor, truncationSide },
  };
}

function conversionOptions(
  configFiles: ConfigFiles,
  tokenizerClass: TokenizerClass,
): { special: SpecialTokens; options: ConversionOptions } {
  const config = configFiles.tokenizerConfig;
  const special = readSpecialTokens(configFiles, [], tokenizerClass);
  const unknown = special.named.get('unk');
  // The slow tokenizer, from which transformers converts, looks for the unknown token in the normalized text.
  const named = new Map(special.named);
  if (typeof unknown === 'string') {
    const flags = { lstrip: false, rstrip: false, single_word: false };
    named.set('unk', { content: unknown, normalized: true, special: true, ...flags });
  }
  return {
    special,
    options: {
      doLowerCase: flag(config.get('do_lower_case')),
      splitByPunct: flag(config.get('split_by_punct')),
      splitSpecialTokens: flag(config.get('split_special_tokens')),
      addSpecialTokens: (added) => addSpecialTokens({ ...special, named }, added),
    },
  };
}

function withPadToken(special: SpecialTokens, padToken: string, config: JsonReader): SpecialTokens {
  if (config.get('pad_token').value !== undefined || special.named.has('pad')) return special;
  return { ...special, named: new Map([...special.named, ['pad', padToken]]) };
}

function flag(json: JsonReader): boolean {
  return json.isNull ? false : json.boolean;
}

function readTruncationSide(config: JsonReader): 'right' | 'left' | null {
  const side = config.get('truncation_side');
  if (side.isNull) return null;
  if (side.string === 'right' || side.string === 'left') return side.string;
  throw side.unsupported('truncation_side', side.string);
}

function tokensById(
  vocabulary: ReadonlyMap<string, number>,
  addedTokens: AddedVocabulary,
): (string | undefined)[] {
  const tokens: (string | undefined)[] = [];
  for (const [token, id] of vocabulary) tokens[id] = token;
  for (const { content, id } of addedTokens.tokens) tokens[id] = content;
  return tokens;
}

function assemble(
  { encode, addedTokens, special, tokens, windowOptions }: Encoder,
  { tokenizerConfig }: ConfigFiles,
  place: string,
): Tokenizer {
  const idOf = (name: SpecialName) => {
    const token = special.named.get(name);
    return token === undefined ? undefined : addedTokens.idOf(contentOf(token));
  };
  const needed = (name: SpecialName) => {
    const id = idOf(name);
    if (id === undefined) {
      throw new ManabiError('tokenizer-special-token', place, { token: `${name}_token` });
    }
    return id;
  };
  const limit = tokenizerConfig.get('model_max_length');
  const unkTokenId = idOf('unk') ?? -1;
  return {
    vocabSize: tokens.length,
    modelMaxLength: limit.isNull ? noLimit : limit.number,
    padTokenId: needed('pad'),
    clsTokenId: needed('cls'),
    sepTokenId: needed('sep'),
    unkTokenId,
    maskTokenId: idOf('mask') ?? -1,
    encode: windowOptions.postProcessor?.trims
      ? (text) => tokensOf(singleWindow(encode(text), windowOptions, false))
      : encode,
    encodeSingle: (text) => singleWindow(encode(text), windowOptions, true),
    encodePair: (question, context, options) =>
      pairWindows(encode(question), encode(context), windowOptions, options),
    idToToken: (id) => tokens[id] ?? tokens[unkTokenId] ?? '',
  };
}

function tokensOf({ inputIds, starts, ends }: ReturnType<typeof singleWindow>): TokenSequence {
  return { ids: inputIds, starts, ends };
}
