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

/** JIS X 0208, rows 1 to 8 and 16 to 84 of its table, as EUC-JP writes them. */
function jisCharacters(): string[] {
  const decoder = new TextDecoder('euc-jp');
  const rows = Array.from({ length: 84 }, (_, i) => i + 1).filter((row) => row <= 8 || row >= 16);
  const cells = rows.flatMap((row) => Array.from({ length: 94 }, (_, i) => [0xa0 + row, 0xa1 + i]));
  const texts = cells.map((bytes) => decoder.decode(Uint8Array.from(bytes)));
  return texts.filter((character) => !character.includes('\uFFFD') && character.trim());
}

test.each(Object.entries(forms))(
  'no character of everyday Japanese is unknown, read from %s',
  (_, tokenizer) => {
    const characters = jisCharacters();
    expect(characters).toHaveLength(6878);
    // The normalizer makes a space and a combining mark of the accents that stand alone.
    const kept = characters.filter((character) => !'´¨￣'.includes(character));
    const texts = [...kept, 'ＡＢＣabc０１２012？！?!\u{20B9F}'];
    const unknown = texts.filter((text) => tokenizer.encode(text).ids.includes(tokenizer.unkTokenId));
    expect(unknown).toEqual([]);
  },
);

test('what the vocabulary lacks is read as bytes', () => {
  const tokenizer = forms['tokenizer.json'];
  const { ids } = tokenizer.encode('髙𠮷😀한');
  expect([...ids].map((id) => tokenizer.idToToken(id)).slice(1, 4)).toEqual(['<0xE9>', '<0xAB>', '<0x99>']);
  expect(ids).not.toContain(tokenizer.unkTokenId);
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
