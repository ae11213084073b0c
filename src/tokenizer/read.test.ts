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
    ['cut off JSON', { 'tokenizer.json': '{"model":' }, 'tokenizer-not-json', 'JSON'],
    ['a list', { 'tokenizer.json': '[]' }, 'tokenizer-shape', 'object'],
    ['no vocabulary', withPart('model', { type: 'Unigram', unk_id: 3 }), 'tokenizer-shape', 'model.vocab'],
    ['another model', withPart('model', { type: 'WordPiece' }), 'tokenizer-unsupported', 'WordPiece'],
    ['another normalizer', withPart('normalizer', { type: 'NFD' }), 'tokenizer-unsupported', 'NFD'],
    [
      'another pre-tokenizer',
      withPart('pre_tokenizer', { type: 'ByteLevel' }),
      'tokenizer-unsupported',
      'ByteLevel',
    ],
    ['no template', withPart('post_processor', null), 'tokenizer-unsupported', 'post_processor'],
    [
      'a regular expression of another dialect',
      withPart('normalizer', { type: 'Replace', pattern: { Regex: '\\p{Han}(?<=a)' }, content: '' }),
      'tokenizer-unsupported',
      'Han',
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
