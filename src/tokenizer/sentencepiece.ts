import { ManabiError } from '../errors/manabi-error.ts';
import { AddedTokenMatcher } from './added-tokens.ts';
import { AddedVocabulary } from './added-vocabulary.ts';
import { CharacterModel } from './characters.ts';
import { Bpe } from './models/bpe.ts';
import { Merges } from './models/merges.ts';
import type { Model } from './models/model.ts';
import { sentencePieceMerges } from './models/sentencepiece-merges.ts';
import { Unigram } from './models/unigram.ts';
import { Charsmap } from './normalizers/charsmap.ts';
import { lowercase } from './normalizers/lowercase.ts';
import { precompiled } from './normalizers/precompiled.ts';
import { inSequence, type Normalizer } from './normalizers/read.ts';
import { collapseSpaces } from './normalizers/replace.ts';
import { strip } from './normalizers/strip.ts';
import { pipelineEncoder } from './pipeline.ts';
import { templateProcessing } from './post-processors/template.ts';
import type { PostProcessor } from './post-processors/read.ts';
import { metaspace } from './pre-tokenizers/metaspace.ts';
import type { PreTokenizer } from './pre-tokenizers/pre-tokenized.ts';
import { isolatePunctuation, preTokenizersInSequence } from './pre-tokenizers/read.ts';
import { modelType, pieceType, type SentencePieceModel } from './sentencepiece-model.ts';
import type { TokenSequence } from './tokenizer.ts';

export interface ConversionOptions {
  doLowerCase: boolean;
  splitByPunct: boolean;
  splitSpecialTokens: boolean;
  /** Adds what the files beside spm.model name. */
  addSpecialTokens: (vocabulary: AddedVocabulary) => void;
}

export interface ConvertedModel {
  addedTokens: AddedVocabulary;
  vocabulary: ReadonlyMap<string, number>;
  postProcessor: PostProcessor;
  encode: (text: string) => TokenSequence;
}

/**
 * spm.model as transformers' DebertaV2Converter turns it into a fast tokenizer.
 * @throws ManabiError tokenizer-unsupported for a model of words
 */
export function convertSentencePiece(
  model: SentencePieceModel,
  options: ConversionOptions,
  place: string,
): ConvertedModel {
  refuseWords(model, place);
  const vocabulary = vocabularyOf(model);
  const isCharacters = model.modelType === modelType.char;
  // SentencePiece finds user-defined symbols of a character model itself, and never a control piece.
  const addedTokens = addedTokensOf(model, options, isCharacters ? [] : addedPieces(model));
  const idOf = (content: string) => addedTokens.idOf(content) ?? model.unknownId;
  const shared = { addedTokens, vocabulary, postProcessor: pairTemplate(idOf('[CLS]'), idOf('[SEP]')) };
  if (isCharacters) {
    const patterns = [...addedTokens.patterns(false), ...addedTokens.patterns(true)];
    const characters = new CharacterModel(model, new AddedTokenMatcher(patterns), options, place);
    return { ...shared, encode: (text) => characters.encode(text) };
  }
  const encode = pipelineEncoder({
    addedTokens,
    splitSpecialTokens: options.splitSpecialTokens,
    normalizer: convertedNormalizer(model, options.doLowerCase, place),
    preTokenizer: convertedPreTokenizer(options.splitByPunct),
    model: convertedModel(model, vocabulary, place),
  });
  return { ...shared, encode };
}

/** Throws ManabiError tokenizer-unsupported for a model that is not of pieces or characters: nothing converts those of words. */
export function refuseWords(model: SentencePieceModel, place: string): void {
  const { unigram, bpe, char } = modelType;
  if ([unigram, bpe, char].some((type) => type === model.modelType)) return;
  const name = model.modelType === modelType.word ? 'word' : model.modelType;
  throw new ManabiError('tokenizer-unsupported', place, { part: 'model_type', name });
}

/** transformers' converter does not carry byte_fallback over for this family. */
function convertedModel(
  model: SentencePieceModel,
  vocabulary: ReadonlyMap<string, number>,
  place: string,
): Model {
  if (model.modelType === modelType.unigram) {
    return new Unigram(model.pieces, model.unknownId, false, place);
  }
  return new Bpe(
    vocabulary,
    new Merges(sentencePieceMerges(model.pieces, vocabulary)),
    {
      unknownToken: model.unknownPiece,
      continuingPrefix: '',
      endOfWordSuffix: '',
      fuseUnknown: true,
      byteFallback: false,
      ignoreMerges: false,
    },
    place,
  );
}

function pairTemplate(cls: number, sep: number): PostProcessor {
  const first = { text: 0, type: 0 };
  const around = [{ ids: [cls], type: 0 }, first, { ids: [sep], type: 0 }];
  return templateProcessing(around, [...around, { text: 1, type: 1 }, { ids: [sep], type: 1 }]);
}

/** The steps that transformers' DebertaV2Converter writes; it ignores the model's own white-space settings. */
function convertedNormalizer(model: SentencePieceModel, doLowerCase: boolean, place: string): Normalizer {
  const steps: Normalizer[] = doLowerCase ? [lowercase] : [];
  steps.push((text) => strip(text, true, true));
  if (model.charsmap.length > 0) {
    const charsmap = new Charsmap(model.charsmap, place);
    steps.push((text) => precompiled(charsmap, text));
  }
  return inSequence([...steps, collapseSpaces]);
}

function convertedPreTokenizer(splitByPunct: boolean): PreTokenizer {
  const words = metaspace(0x2581, 'always', true);
  return splitByPunct ? preTokenizersInSequence([isolatePunctuation, words]) : words;
}

export function vocabularyOf({ pieces }: SentencePieceModel): Map<string, number> {
  return new Map(pieces.map(({ text }, id) => [text, id]));
}

/** The added tokens of a converted model: its own, then those that the files beside it name. */
export function addedTokensOf(
  model: SentencePieceModel,
  { addSpecialTokens }: Pick<ConversionOptions, 'addSpecialTokens'>,
  own = addedPieces(model),
): AddedVocabulary {
  const addedTokens = new AddedVocabulary(vocabularyOf(model), model.pieces.length);
  addedTokens.add(own);
  addSpecialTokens(addedTokens);
  return addedTokens;
}

/** Control and user-defined pieces are searched in the raw text. */
function addedPieces({ pieces }: SentencePieceModel) {
  return pieces
    .filter(({ type }) => type === pieceType.control || type === pieceType.userDefined)
    .map(({ text, type }) => ({
      content: text,
      normalized: false,
      lstrip: false,
      rstrip: false,
      single_word: false,
      special: type === pieceType.control,
    }));
}
