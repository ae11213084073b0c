import { DebertaV2Tokenizer } from '@xenova/transformers';
import { describe, expect, test } from 'vitest';
import { fixture } from '../tokenizer/fixture-files.ts';
import { readConversion, readTokenizer, type TokenizerFiles } from '../tokenizer/read.ts';
import { forTransformersJs, sentencePieceAsJson } from './tokenizer-json.ts';

const parse = (name: string) => JSON.parse(new TextDecoder().decode(fixture(name)));
interface Expected {
  strings: string[];
  cases: {
    files: { 'spm.model'?: string; config?: object };
    expected: [ids: number[], offsets: number[] | null][];
  }[];
}
const { strings, cases } = parse('expected.json') as Expected;

const convert = (name: string, files: TokenizerFiles) =>
  sentencePieceAsJson(fixture(name), readConversion(files).options);

test('spm.model becomes the tokenizer.json that transformers makes of it', () => {
  expect(convert('unigram.model', {})).toEqual(parse('converted.json'));
});

const models = cases.flatMap(({ files, expected }) => {
  const name = files['spm.model'];
  return name ? [{ name, config: files.config ?? {}, expected }] : [];
});
// SentencePiece normalizes for character models, with other rules for half-width kana, spaces and what it removes; plain text is alike.
const isPlain = (text: string) =>
  /^[\p{scx=Hira}\p{scx=Kana}\p{scx=Han}。、]+$/u.test(text) && text.normalize('NFKC') === text;

describe.each(models)('$name', ({ name, config, expected }) => {
  test('the tokenizer.json made of it gives the reference library’s ids and spans', () => {
    const files = { 'tokenizer_config.json': JSON.stringify(config) };
    const made = convert(name, files);
    const tokenizer = readTokenizer({ ...files, 'tokenizer.json': JSON.stringify(made) });
    const isCharacters = name === 'char.model';
    const compared = strings.filter((text) => !isCharacters || isPlain(text));
    expect(compared.length).toBeGreaterThan(3);
    const different = compared.filter((text) => {
      const i = strings.indexOf(text);
      const found = tokenizer.encode(text);
      const spans = Array.from(found.starts, (start, at) => [start, found.ends[at]]).flat();
      const [ids, offsets] = expected[i];
      return (
        found.ids.join() !== ids.join() ||
        (!isCharacters && offsets !== null && spans.join() !== offsets.join())
      );
    });
    expect(different).toEqual([]);
  });
});

test('transformers.js is told of the prefix by the name that it reads, everywhere', () => {
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first' };
  const json = {
    pre_tokenizer: { type: 'Sequence', pretokenizers: [metaspace] },
    decoder: { ...metaspace, prepend_scheme: 'never' },
    model: { vocab: [['▁', -1]] },
  };
  expect(forTransformersJs(json)).toEqual({
    ...json,
    pre_tokenizer: { type: 'Sequence', pretokenizers: [{ ...metaspace, add_prefix_space: true }] },
    decoder: { ...json.decoder, add_prefix_space: false },
  });
});

test('transformers.js reads a tokenizer that cuts at punctuation as the reference library does', () => {
  const json = convert('nomask.model', { 'tokenizer_config.json': '{"split_by_punct":true}' });
  const config = { tokenizer_class: 'DebertaV2Tokenizer', unk_token: '[UNK]', pad_token: '[PAD]' };
  const theirs = new DebertaV2Tokenizer(forTransformersJs(json), config);
  const ours = readTokenizer({ 'tokenizer.json': JSON.stringify(json) });
  for (const text of ['「駅は、どこ？」と聞いた。', '(1)A-B[C]\\^_`{}~!!', '犬・猫〜鳥']) {
    expect(theirs.encode(text, null, { add_special_tokens: false })).toEqual([...ours.encode(text).ids]);
  }
});

test('transformers.js reads what is made of a BPE model as the reference library reads spm.model', () => {
  const config = { tokenizer_class: 'DebertaV2Tokenizer', unk_token: '[UNK]', pad_token: '[PAD]' };
  const theirs = new DebertaV2Tokenizer(forTransformersJs(convert('bpe.model', {})), config);
  const ours = readTokenizer({ 'spm.model': fixture('bpe.model') });
  for (const text of ['図書館で、本を読みました。', '学校の先生', '龘龘と猫の本']) {
    expect(theirs.encode(text, null, { add_special_tokens: false })).toEqual([...ours.encode(text).ids]);
  }
});
