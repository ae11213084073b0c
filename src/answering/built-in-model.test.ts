import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notebookFeature } from '../features/features.ts';
import { parseSquad } from '../squad/read-file.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import { answerCeiling } from './ceiling.ts';

// What public/ promises, whichever of its two forms the vocabulary is read from.
const read = (...names: string[]) =>
  readTokenizer(
    Object.fromEntries(names.map((name) => [name, new Uint8Array(readFileSync(`public/model/${name}`))])),
  );
const forms = {
  'tokenizer.json': read('config.json', 'tokenizer.json', 'tokenizer_config.json'),
  'spm.model': read('config.json', 'spm.model', 'tokenizer_config.json'),
};
const sample = (name: string) =>
  parseSquad(readFileSync(`public/sample/${name}.json`, 'utf8'), `${name}.json`).examples;

/** The 94 x 94 table of JIS X 0208, as EUC-JP writes it. */
function jisCharacters(): string[] {
  const decoder = new TextDecoder('euc-jp');
  const cells = Array.from({ length: 94 * 94 }, (_, i) => [0xa1 + Math.floor(i / 94), 0xa1 + (i % 94)]);
  const rows = cells.map((bytes) => decoder.decode(Uint8Array.from(bytes)));
  return rows.filter((character) => !character.includes('\uFFFD') && character.trim());
}

test.each(Object.entries(forms))('no character is unknown to the built-in model, read from %s', (_, tokenizer) => {
  const characters = jisCharacters();
  expect(characters.length).toBeGreaterThan(6800);
  const texts = [...characters, 'ＡＢＣabc０１２012？！?!', '𠮟𠮷😀한국'];
  const unknown = texts.filter((text) => tokenizer.encode(text).ids.includes(tokenizer.unkTokenId));
  expect(unknown).toEqual([]);
});

test('nearly all answers of the sample begin and end where tokens do', () => {
  const [train, valid] = [sample('train'), sample('valid')];
  expect([train.length, valid.length]).toEqual([5000, 360]);
  const features = valid.map((example) =>
    notebookFeature(forms['tokenizer.json'], example, { max_seq_length: 192 }),
  );
  expect(answerCeiling(features, valid).exactMatch).toBeGreaterThan(0.95);
  const contexts = new Set(train.map(({ context }) => context));
  expect(valid.filter(({ context }) => contexts.has(context))).toEqual([]);
});
