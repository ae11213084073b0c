import type { AddedToken } from '../tokenizer/added-tokens.ts';
import { sentencePieceMerges } from '../tokenizer/models/sentencepiece-merges.ts';
import {
  modelType,
  readSentencePieceModel,
  type SentencePieceModel,
} from '../tokenizer/sentencepiece-model.ts';
import {
  addedTokensOf,
  refuseWords,
  vocabularyOf,
  type ConversionOptions,
} from '../tokenizer/sentencepiece.ts';
import { isPunctuation } from '../tokenizer/unicode/punctuation.ts';

const SPACE = '▁';
/** Beyond it are no scripts. */
const LAST_PUNCTUATION = 0x1ffff;

/**
 * The tokenizer.json that transformers' DebertaV2Converter makes of spm.model. That converter refuses character models: for those this
 * is the same pipeline over their pieces, which reads plain text as SentencePiece does, but not half-width kana and odd spaces.
 * @throws ManabiError tokenizer-broken, tokenizer-unsupported (a model of words)
 */
export function sentencePieceAsJson(spm: Uint8Array, options: ConversionOptions): Record<string, unknown> {
  const model = readSentencePieceModel(spm, 'spm.model');
  refuseWords(model, 'spm.model');
  const added = addedTokensOf(model, options).tokens;
  const { doLowerCase, splitByPunct } = options;
  const normalizers = [
    ...(doLowerCase ? [{ type: 'Lowercase' }] : []),
    { type: 'Strip', strip_left: true, strip_right: true },
    ...(model.charsmap.length > 0
      ? [{ type: 'Precompiled', precompiled_charsmap: base64(model.charsmap) }]
      : []),
    { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
  ];
  const metaspace = { type: 'Metaspace', replacement: SPACE, prepend_scheme: 'always', split: true };
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: added.map(
      ({ id, content, single_word, lstrip, rstrip, normalized, special: isSpecial }) => ({
        id,
        content,
        single_word,
        lstrip,
        rstrip,
        normalized,
        special: isSpecial,
      }),
    ),
    normalizer: { type: 'Sequence', normalizers },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [...(splitByPunct ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []), metaspace],
    },
    post_processor: pairTemplate('[CLS]', '[SEP]', added),
    decoder: metaspace,
    model: model.modelType === modelType.bpe ? bpeAsJson(model) : unigramAsJson(model),
  };
}

function unigramAsJson({ pieces, unknownId }: SentencePieceModel) {
  return {
    type: 'Unigram',
    unk_id: unknownId,
    vocab: pieces.map(({ text, score }) => [text, score]),
    byte_fallback: false,
  };
}

function bpeAsJson(model: SentencePieceModel) {
  const { pieces, unknownPiece } = model;
  const vocabulary = vocabularyOf(model);
  // As text: @xenova/transformers 2 reads no pairs, and no piece holds a space.
  const merges = sentencePieceMerges(pieces, vocabulary).map(
    ([left, right]) => `${pieces[left].text} ${pieces[right].text}`,
  );
  return {
    type: 'BPE',
    dropout: null,
    unk_token: unknownPiece,
    continuing_subword_prefix: null,
    end_of_word_suffix: null,
    fuse_unk: true,
    byte_fallback: false,
    ignore_merges: false,
    vocab: Object.fromEntries(vocabulary),
    merges,
  };
}

function pairTemplate(cls: string, sep: string, added: readonly AddedToken[]) {
  const token = (id: string, type_id: number) => ({ SpecialToken: { id, type_id } });
  const text = (id: string, type_id: number) => ({ Sequence: { id, type_id } });
  const known = (content: string) => {
    const ids = added.filter((token) => token.content === content).map(({ id }) => id);
    return [content, { id: content, ids, tokens: [content] }];
  };
  return {
    type: 'TemplateProcessing',
    single: [token(cls, 0), text('A', 0), token(sep, 0)],
    pair: [token(cls, 0), text('A', 0), token(sep, 0), text('B', 1), token(sep, 1)],
    special_tokens: Object.fromEntries([known(cls), known(sep)]),
  };
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(text);
}

/**
 * The same tokenizer, said in words that @xenova/transformers 2 reads too; the tokenizers library takes both. Without add_prefix_space it
 * gives other tokens, and a Punctuation that isolates leaves runs of punctuation together there.
 */
export function forTransformersJs(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(forTransformersJs);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).map(([key, value]) => [
    key,
    key === 'vocab' ? value : forTransformersJs(value),
  ]);
  const part = Object.fromEntries(entries) as Record<string, unknown>;
  if (part.type === 'Metaspace' && part.add_prefix_space === undefined) {
    return { ...part, add_prefix_space: (part.prepend_scheme ?? 'always') !== 'never' };
  }
  if (part.type === 'Punctuation' && (part.behavior ?? 'Isolated') === 'Isolated') {
    return { type: 'Split', pattern: { Regex: punctuationClass() }, behavior: 'Isolated', invert: false };
  }
  return part;
}

/** Regular expression of the characters that the tokenizers library counts as punctuation: `[!-/:-@...]`. */
function punctuationClass(): string {
  const character = (code: number) => String.fromCodePoint(code).replace(/[[\]\\^-]/, '\\$&');
  const ranges: string[] = [];
  for (let code = 0; code <= LAST_PUNCTUATION; code++) {
    if (!isPunctuation(code)) continue;
    const from = code;
    while (isPunctuation(code + 1)) code++;
    ranges.push(from === code ? character(from) : `${character(from)}-${character(code)}`);
  }
  return `[${ranges.join('')}]`;
}
