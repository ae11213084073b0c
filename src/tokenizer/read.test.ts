import { describe, expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { createDecoder } from './decode.ts';
import { fixture } from './fixture-files.ts';
import { readTokenizer, type TokenizerFiles } from './read.ts';
import type { EncodedWindow, PairOptions, Tokenizer } from './tokenizer.ts';

interface Window {
  ids: number[];
  offsets: number[];
  sequence_ids: number[];
  types: number[];
}

interface Case {
  name: string;
  files: { 'spm.model'?: string; 'tokenizer.json'?: string; config?: object };
  length: number;
  expected: [ids: number[], offsets: number[] | null][];
  windows?: (Window[] | null)[];
  decoded?: [plain: string, withSpecial: string][];
}

interface Expected {
  strings: string[];
  pairs: { question: string; context: string; max_length: number; stride: number }[];
  cases: Case[];
}

const text = new TextDecoder();
const { strings, pairs, cases } = JSON.parse(text.decode(fixture('expected.json'))) as Expected;

function load({ files }: Case): Tokenizer {
  const read: TokenizerFiles = {};
  if (files['spm.model']) read['spm.model'] = fixture(files['spm.model']);
  if (files['tokenizer.json']) read['tokenizer.json'] = fixture(files['tokenizer.json']);
  if (files.config) read['tokenizer_config.json'] = JSON.stringify(files.config);
  return readTokenizer(read);
}

function spans({ starts, ends }: { starts: Int32Array; ends: Int32Array }): number[] {
  return Array.from(starts, (start, i) => [start, ends[i]]).flat();
}

describe.each(cases.map((one) => [one.name, one] as const))('%s', (_, one) => {
  const tokenizer = load(one);

  test('ids and spans are the reference library’s', () => {
    expect(tokenizer.vocabSize).toBe(one.length);
    for (const [i, string] of strings.entries()) {
      const found = tokenizer.encode(string);
      const [ids, offsets] = one.expected[i];
      expect([string, [...found.ids]]).toEqual([string, ids]);
      if (offsets) expect([string, spans(found)]).toEqual([string, offsets]);
    }
  });

  test.runIf(one.windows)('windows of pairs are the reference library’s, errors included', () => {
    for (const [i, { question, context, max_length, stride }] of pairs.entries()) {
      const options = { max_length, doc_stride: stride };
      const wanted = one.windows?.[i];
      expect([i, encodeOrNull(tokenizer, question, context, options)]).toEqual([i, wanted]);
    }
  });

  test.runIf(one.decoded)('decoding is the reference library’s', async () => {
    const decode = await createDecoder(tokenizer);
    for (const [i, [ids]] of one.expected.entries()) {
      expect([decode?.(ids, { skip_special_tokens: true }), decode?.(ids)]).toEqual(one.decoded?.[i]);
    }
  });
});

function encodeOrNull(
  tokenizer: Tokenizer,
  question: string,
  context: string,
  options: PairOptions,
): Window[] | null {
  let windows: EncodedWindow[];
  try {
    windows = tokenizer.encodePair(question, context, options);
  } catch (error) {
    expect((error as ManabiError).code).toMatch(/^tokenizer-(no-room|stride)$/);
    return null;
  }
  return windows.map((window) => ({
    ids: [...window.inputIds],
    offsets: spans(window),
    sequence_ids: [...window.sequenceIds],
    types: [...window.tokenTypeIds],
  }));
}

test('the special tokens are found by name', () => {
  const { padTokenId, clsTokenId, sepTokenId, unkTokenId, maskTokenId, modelMaxLength, idToToken } = load(
    cases[1],
  );
  expect([padTokenId, clsTokenId, sepTokenId, unkTokenId]).toEqual([0, 1, 2, 3]);
  expect(idToToken(maskTokenId)).toBe('[MASK]');
  expect(maskTokenId).toBe(cases[1].length - 1);
  expect(modelMaxLength).toBe(512);
  expect(idToToken(100000)).toBe('[UNK]');
});

test('a byte tokenizer is not decoded by the library that gets it wrong', async () => {
  const bytes = cases.find(({ files }) => files['tokenizer.json'] === 'bytes.json');
  expect(await createDecoder(load(bytes as Case))).toBeNull();
});

describe('files that cannot be used', () => {
  const json = JSON.parse(text.decode(fixture('converted.json'))) as Record<string, object>;
  const withPart = (key: string, part: unknown) => ({
    'tokenizer.json': JSON.stringify({ ...json, [key]: part }),
  });

  test.each<[name: string, files: TokenizerFiles, code: string, message: string]>([
    ['no file', {}, 'tokenizer-missing', 'spm.model'],
    [
      'cut off spm.model',
      { 'spm.model': fixture('unigram.model').slice(0, 5000) },
      'tokenizer-broken',
      'byte',
    ],
    ['no protobuf', { 'spm.model': new Uint8Array(64).fill(255) }, 'tokenizer-broken', 'protobuf'],
    ['empty spm.model', { 'spm.model': new Uint8Array(0) }, 'tokenizer-broken', 'no pieces'],
    [
      'spm.model of words',
      { 'spm.model': Uint8Array.of(10, 3, 10, 1, 97, 18, 2, 24, 3) },
      'tokenizer-unsupported',
      'model_type word',
    ],
    ['cut off JSON', { 'tokenizer.json': '{"model":' }, 'tokenizer-not-json', 'JSON'],
    ['a list', { 'tokenizer.json': '[]' }, 'tokenizer-shape', 'object'],
    ['no vocabulary', withPart('model', { type: 'Unigram', unk_id: 3 }), 'tokenizer-shape', 'model.vocab'],
    ['an unknown model', withPart('model', { type: 'Neural' }), 'tokenizer-unsupported', 'model Neural'],
    [
      'a model without a part of it',
      withPart('model', { type: 'WordPiece', vocab: {} }),
      'tokenizer-shape',
      'model.unk_token',
    ],
    [
      'a merge of unknown tokens',
      withPart('model', { type: 'BPE', vocab: { a: 0, b: 1 }, merges: ['a b'] }),
      'tokenizer-broken',
      'ab',
    ],
    [
      'merges that are drawn by chance',
      withPart('model', { type: 'BPE', vocab: {}, merges: [], dropout: 0.1 }),
      'tokenizer-unsupported',
      'dropout 0.1',
    ],
    [
      'an unknown normalizer',
      withPart('normalizer', { type: 'Romanize' }),
      'tokenizer-unsupported',
      'normalizer Romanize',
    ],
    [
      'an unknown pre-tokenizer',
      withPart('pre_tokenizer', { type: 'Juman' }),
      'tokenizer-unsupported',
      'pre_tokenizer Juman',
    ],
    [
      'an unknown post-processor',
      withPart('post_processor', { type: 'XProcessing' }),
      'tokenizer-unsupported',
      'post_processor XProcessing',
    ],
    [
      'a template with a text that is not there',
      withPart('post_processor', {
        type: 'TemplateProcessing',
        single: [{ Sequence: { id: 'B', type_id: 0 } }],
        pair: [],
        special_tokens: {},
      }),
      'tokenizer-unsupported',
      'TemplateProcessing B',
    ],
    [
      'words from MeCab',
      {
        ...withPart('normalizer', null),
        'tokenizer_config.json': '{"tokenizer_class":"BertJapaneseTokenizer"}',
      },
      'tokenizer-segmenter',
      'MeCab',
    ],
    [
      'words from MeCab, by config.json alone',
      { 'config.json': '{"vocab_size": NaN, "tokenizer_class": "BertJapaneseTokenizer"}' },
      'tokenizer-segmenter',
      'MeCab',
    ],
    [
      'a tokenizer class with rules of its own',
      { ...withPart('normalizer', null), 'tokenizer_config.json': '{"tokenizer_class":"LlamaTokenizer"}' },
      'tokenizer-class',
      'LlamaTokenizer',
    ],
    [
      'no padding token',
      { ...withPart('normalizer', null), 'tokenizer_config.json': '{"pad_token":null}' },
      'tokenizer-special-token',
      'pad_token',
    ],
    [
      'a regular expression that JavaScript has no equal of',
      withPart('normalizer', { type: 'Replace', pattern: { Regex: '(a)?(?(1)b|c)' }, content: '' }),
      'tokenizer-unsupported',
      '(a)?(?(1)b|c)',
    ],
    [
      'a broken charsmap',
      withPart('normalizer', { type: 'Precompiled', precompiled_charsmap: '////' }),
      'tokenizer-broken',
      'precompiled_charsmap',
    ],
    [
      'a setting of another type',
      { 'spm.model': fixture('unigram.model'), 'tokenizer_config.json': '{"do_lower_case":"yes"}' },
      'tokenizer-shape',
      'do_lower_case',
    ],
  ])('%s', (_, files, code, message) => {
    let error: unknown;
    try {
      readTokenizer(files, 'folder');
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ManabiError);
    expect((error as ManabiError).code).toBe(code);
    expect((error as ManabiError).message).toContain(message);
    expect((error as ManabiError).place).toContain('folder');
  });
});

test('a text that needs an unknown token which the vocabulary lacks is an error that names it', () => {
  const model = { type: 'WordLevel', vocab: { '[PAD]': 0, '[CLS]': 1, '[SEP]': 2, 犬: 3 }, unk_token: '[X]' };
  const tokenizer = readTokenizer({ 'tokenizer.json': JSON.stringify({ model }) });
  expect([...tokenizer.encode('犬').ids]).toEqual([3]);
  expect(() => tokenizer.encode('猫')).toThrow(/\[X\].*unk_token/);
});

test('a tokenizer of bytes or of words is not decoded by a library that shows its pieces', async () => {
  const model = {
    type: 'WordLevel',
    vocab: { '[PAD]': 0, '[CLS]': 1, '[SEP]': 2, '[UNK]': 3, 犬: 4 },
    unk_token: '[UNK]',
  };
  expect(await createDecoder(readTokenizer({ 'tokenizer.json': JSON.stringify({ model }) }))).toBeNull();
});
