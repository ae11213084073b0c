import { zipSync } from 'fflate';
import { expect, test } from 'vitest';
import {
  placeDropped,
  recogniseFiles,
  requireDataFile,
  requireModelFiles,
  roleByName,
} from './recognise-files.ts';

const file = (name: string, content = '{}') => new File([content], name);

test('the files of a model and a data file are told apart by name and first lines', async () => {
  expect(await recogniseFiles([file('config.json'), file('model.safetensors')])).toBe('model');
  expect(await recogniseFiles([file('spm.model')])).toBe('model');
  expect(await recogniseFiles([file('my-model.json', '{\n "model_type": "deberta-v2"}')])).toBe('model');
  expect(await recogniseFiles([file('valid-v1.3.json', '{"version":"1.1","data":[]}')])).toBe('data');
  expect(await recogniseFiles([file('rows.jsonl'), file('rows.csv')])).toBe('data');
  expect(await recogniseFiles([file('notes.pdf')])).toBe('unknown');
  expect(await recogniseFiles([])).toBe('unknown');
});

test('packed files are what their name inside says', async () => {
  const zip = (name: string) => new File([zipSync({ [name]: new Uint8Array(3) })], 'packed.zip');
  expect(await recogniseFiles([zip('data/train.jsonl')])).toBe('data');
  expect(await recogniseFiles([zip('model/config.json')])).toBe('model');
  expect(await recogniseFiles([zip('notes.pdf')])).toBe('unknown');
  expect(await recogniseFiles([file('rows.parquet'), file('x')])).toBe('data');
  expect(await recogniseFiles([file('train.json.gz')])).toBe('data');
  expect(await recogniseFiles([file('pytorch_model.bin.gz')])).toBe('model');
});

test('a data file says by its name what it is for', () => {
  expect(['train-v1.3.json', 'valid.json', 'dev.json', '評価用.json', 'mine.json'].map(roleByName)).toEqual([
    'train',
    'evaluation',
    'evaluation',
    'evaluation',
    null,
  ]);
});

test('files in the box of another part are told whose they are', async () => {
  const [rows, other] = [file('train.json'), file('valid.csv')];
  await expect(requireDataFile([rows])).resolves.toBeUndefined();
  await expect(requireDataFile([rows, other])).rejects.toMatchObject({
    code: 'squad-one-file',
    place: 'train.json, valid.csv',
    details: { count: 2 },
  });
  await expect(requireDataFile([file('spm.model'), rows])).rejects.toMatchObject({ code: 'data-is-model' });
  await expect(requireModelFiles([rows])).rejects.toMatchObject({ code: 'model-is-data' });
  await expect(requireModelFiles([file('config.json')])).resolves.toBeUndefined();
});

test('files beside every box go where they belong, or are refused aloud', async () => {
  const [train, valid] = [file('train.json'), file('valid.csv')];
  expect(await placeDropped([valid, train], false)).toEqual(['evaluation', 'train']);
  expect(await placeDropped([file('spm.model')], false)).toBe('model');
  const refused = (files: File[], isBusy = false) => expect(placeDropped(files, isBusy)).rejects;
  await refused([train], true).toMatchObject({ code: 'drop-busy' });
  await refused([file('notes.pdf')]).toMatchObject({ code: 'drop-unknown' });
  await refused([file('mine.json')]).toMatchObject({ code: 'drop-which-data' });
  await refused([train, file('train-2.json')]).toMatchObject({ code: 'drop-which-data' });
});
