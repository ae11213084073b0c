import * as library from '@huggingface/hub';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { HubStandIn } from './hub-stand-in.ts';
import { uploadToHub } from './hub-upload.ts';
import { bytesFile, textFile } from './export-file.ts';
import { makeFiles, type MadeFile } from './made-folder.ts';

let hub: HubStandIn;
let hubUrl: string;
let files: MadeFile[];
const weights = Uint8Array.from({ length: 300_000 }, (_, at) => (at * at) >> 3);

beforeEach(async () => {
  hub = new HubStandIn();
  hubUrl = await hub.start();
  files = await makeFiles([textFile('README.md', '# 学び'), bytesFile('onnx/model.onnx', weights)]);
});
afterEach(() => hub.stop());

const destination = () => ({ repo: 'someone/model', token: 'hf_write', isPrivate: true, hubUrl });
const codeOf = (upload: Promise<unknown>) =>
  upload.then(
    () => 'sent',
    (error: unknown) => (error instanceof ManabiError ? error.code : error),
  );

test('all files are sent, into a new repository and into one that is there', async () => {
  const told: number[][] = [];
  const onProgress = (done: number, total: number) => void told.push([done, total]);
  expect(await uploadToHub(library, files, destination(), { onProgress })).toBe(`${hubUrl}/someone/model`);
  const total = files.reduce((sum, { blob }) => sum + blob.size, 0);
  expect(told.length).toBeGreaterThan(1);
  expect(told.at(-1)).toEqual([total, total]);

  files = await makeFiles([textFile('README.md', 'another')]);
  await uploadToHub(library, files, destination());
  const stored = hub.repositories.get('someone/model');
  expect([...(stored?.keys() ?? [])]).toEqual(['README.md', 'onnx/model.onnx']);
  expect(new TextDecoder().decode(stored?.get('README.md'))).toBe('another');
  expect(stored?.get('onnx/model.onnx')).toEqual(weights);
});

test('the token goes to the hub and not to where it stores large files', async () => {
  await uploadToHub(library, files, destination());
  expect(hub.storageTokens).toEqual([]);
});

test('a token without rights, or of another form, is told and changes nothing', async () => {
  expect(await codeOf(uploadToHub(library, files, { ...destination(), token: 'hf_read' }))).toBe('hub-token');
  expect(await codeOf(uploadToHub(library, files, { ...destination(), token: 'secret' }))).toBe('hub-token');
  expect(hub.repositories.size).toBe(0);
});

test('a connection that breaks leaves the repository as it was', async () => {
  hub.repositories.set('someone/model', new Map());
  hub.breaks = true;
  expect(await codeOf(uploadToHub(library, files, destination()))).toBe('hub-upload');
  expect(hub.repositories.get('someone/model')?.size).toBe(0);
});

test('a cancel leaves the repository as it was', async () => {
  const control = new AbortController();
  hub.onLargeFile = () => control.abort();
  const upload = uploadToHub(library, files, destination(), { signal: control.signal });
  expect(await codeOf(upload)).toBe('cancelled');
  expect(hub.repositories.get('someone/model')?.size).toBe(0);
});

test('what is no name of a repository is not sent', async () => {
  expect(await codeOf(uploadToHub(library, files, { ...destination(), repo: 'model' }))).toBe('hub-id');
});
