import { ManabiError } from '../errors/manabi-error.ts';
import { AddedTokenMatcher, type AddedToken } from './added-tokens.ts';
import { CharacterModel } from './characters.ts';
import { Charsmap } from './charsmap.ts';
import { JsonReader } from './json-reader.ts';
import { collapseSpaces, inSequence, lowercase, strip, type Normalizer } from './normalizers.ts';
import { pipelineEncoder } from './pipeline.ts';
import { precompiled } from './precompiled.ts';
import { metaspace, preTokenizersInSequence, punctuation, type PreTokenizer } from './pre-tokenizers.ts';
import {
  modelType,
  pieceType,
  readSentencePieceModel,
  type SentencePieceModel,
} from './sentencepiece-model.ts';
import {
  mergeAddedTokens,
  readSettings,
  type SpecialName,
  type TokenizerSettings,
} from './special-tokens.ts';
import { readTokenizerJson } from './tokenizer-json.ts';
import type { Tokenizer, TokenSequence } from './tokenizer.ts';
import { Unigram } from './unigram.ts';
import { pairWindows, type PairTemplate } from './windows.ts';

/** The files of a model folder that make its tokenizer; one of the first two is needed. */
export interface TokenizerFiles {
  'tokenizer.json'?: Uint8Array | string;
  'spm.model'?: Uint8Array;
  'tokenizer_config.json'?: Uint8Array | string;
  'special_tokens_map.json'?: Uint8Array | string;
  'added_tokens.json'?: Uint8Array | string;
}

interface Encoder {
  encode: (text: string) => TokenSequence;
  addedTokens: AddedToken[];
  pieces: readonly { text: string }[];
  template: PairTemplate;
}

/**
 * Makes the tokenizer of a model folder; tokenizer.json is preferred, as transformers prefers it. `place` names the
 * folder in errors.
 *
 * @throws ManabiError tokenizer-missing, tokenizer-not-json, tokenizer-shape, tokenizer-broken, tokenizer-unsupported
 */
export function readTokenizer(files: TokenizerFiles, place = ''): Tokenizer {
  const pathOf = (name: keyof TokenizerFiles) => (place ? `${place}/${name}` : name);
  const json = (name: keyof TokenizerFiles) => {
    const data = files[name];
    return data === undefined ? JsonReader.absent(pathOf(name)) : JsonReader.parse(data, pathOf(name));
  };
  const settings = readSettings({
    tokenizerConfig: json('tokenizer_config.json'),
    specialTokensMap: json('special_tokens_map.json'),
    addedTokens: json('added_tokens.json'),
  });
  if (files['tokenizer.json'] !== undefined) {
    return assemble(fromTokenizerJson(json('tokenizer.json'), settings), settings, pathOf('tokenizer.json'));
  }
  const data = files['spm.model'];
  if (!data) throw new ManabiError('tokenizer-missing', place);
  return assemble(
    fromSentencePiece(readSentencePieceModel(data, pathOf('spm.model')), settings, pathOf('spm.model')),
    settings,
    pathOf('spm.model'),
  );
}

function fromTokenizerJson(json: JsonReader, settings: TokenizerSettings): Encoder {
  const parts = readTokenizerJson(json);
  const addedTokens = mergeAddedTokens(parts.addedTokens, settings, vocabularyOf(parts.pieces));
  const model = new Unigram(parts.pieces, parts.unknownId, parts.byteFallback, json.place);
  const { normalizer, preTokenizer, pieces, template } = parts;
  const encode = pipelineEncoder({ addedTokens, normalizer, preTokenizer, model });
  return { encode, addedTokens, pieces, template };
}

function fromSentencePiece(model: SentencePieceModel, settings: TokenizerSettings, place: string): Encoder {
  const vocabulary = vocabularyOf(model.pieces);
  const addedTokens = mergeAddedTokens(addedPieces(model), settings, vocabulary);
  const idOf = (name: SpecialName) =>
    addedTokens.find(({ content }) => content === settings.special[name].content)?.id ?? -1;
  const template: PairTemplate = {
    clsTokenId: idOf('cls'),
    sepTokenId: idOf('sep'),
    types: { cls: 0, question: 0, middle: 0, context: 1, end: 1 },
  };
  const shared = { addedTokens, pieces: model.pieces, template };
  if (model.modelType === modelType.char) {
    const characters = new CharacterModel(model, new AddedTokenMatcher(addedTokens), settings, place);
    return { ...shared, encode: (text) => characters.encode(text) };
  }
  if (model.modelType !== modelType.unigram) {
    const name = Object.entries(modelType).find(([, type]) => type === model.modelType)?.[0];
    throw new ManabiError('tokenizer-unsupported', place, {
      part: 'model_type',
      name: name ?? model.modelType,
    });
  }
  return {
    ...shared,
    encode: pipelineEncoder({
      addedTokens,
      normalizer: convertedNormalizer(model, settings, place),
      preTokenizer: convertedPreTokenizer(settings),
      // transformers' converter does not carry byte_fallback over for this family.
      model: new Unigram(model.pieces, model.unknownId, false, place),
    }),
  };
}

/** The steps that transformers' DebertaV2Converter writes; it ignores the model's own white-space settings. */
function convertedNormalizer(
  model: SentencePieceModel,
  { doLowerCase }: TokenizerSettings,
  place: string,
): Normalizer {
  const steps: Normalizer[] = doLowerCase ? [lowercase] : [];
  steps.push((text) => strip(text, true, true));
  if (model.charsmap.length > 0) {
    const charsmap = new Charsmap(model.charsmap, place);
    steps.push((text) => precompiled(charsmap, text));
  }
  return inSequence([...steps, collapseSpaces]);
}

function convertedPreTokenizer({ splitByPunct }: TokenizerSettings): PreTokenizer {
  const words = metaspace(0x2581, 'always', true);
  return splitByPunct ? preTokenizersInSequence([punctuation, words]) : words;
}

/** Control and user-defined pieces are searched in the raw text. */
function addedPieces({ pieces, modelType: type }: SentencePieceModel): AddedToken[] {
  // SentencePiece finds user-defined symbols of a character model itself, and never a control piece.
  if (type === modelType.char) return [];
  return pieces.flatMap(({ text, type: kind }, id) =>
    kind === pieceType.control || kind === pieceType.userDefined
      ? [
          {
            content: text,
            id,
            normalized: false,
            lstrip: false,
            rstrip: false,
            single_word: false,
            special: kind === pieceType.control,
          },
        ]
      : [],
  );
}

function vocabularyOf(pieces: readonly { text: string }[]): Map<string, number> {
  return new Map(pieces.map(({ text }, id) => [text, id]));
}

function assemble(
  { encode, addedTokens, pieces, template }: Encoder,
  settings: TokenizerSettings,
  place: string,
): Tokenizer {
  const tokens = pieces.map(({ text }) => text);
  for (const { content, id } of addedTokens) tokens[id] = content;
  const idOf = (name: SpecialName) => {
    const { content } = settings.special[name];
    const id = addedTokens.find((token) => token.content === content)?.id;
    if (id === undefined) throw new ManabiError('tokenizer-special-token', place, { token: content });
    return id;
  };
  const unkTokenId = idOf('unk');
  return {
    vocabSize: tokens.length,
    modelMaxLength: settings.modelMaxLength,
    padTokenId: idOf('pad'),
    clsTokenId: template.clsTokenId,
    sepTokenId: template.sepTokenId,
    unkTokenId,
    maskTokenId: idOf('mask'),
    encode,
    encodePair: (question, context, options) =>
      pairWindows(encode(question), encode(context), template, options),
    idToToken: (id) => tokens[id] ?? tokens[unkTokenId],
  };
}
