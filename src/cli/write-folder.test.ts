import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ManabiError } from '../errors/manabi-error.ts';
import { textFile } from '../export/export-file.ts';
import { filesOf, replaceFolder, writeFolder } from './write-folder.ts';

let scratch = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'manabi-write-'));
});
afterEach(() => rmSync(scratch, { recursive: true }));

const noRoom = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
/** The disk is full after its first piece. */
const tooLarge = {
  name: 'onnx/model.onnx',
  size: 6,
  parts: function* () {
    yield Uint8Array.of(1, 2, 3);
    throw noRoom;
  },
};
const disk = (folder: string) => new ManabiError('export-disk', folder, { reason: noRoom.message });

test.each([
  ['written', writeFolder],
  ['replaced', replaceFolder],
])('a disk that fills up while a folder is %s leaves what was there', async (_, write) => {
  const folder = join(scratch, 'model');
  await expect(write(folder, [textFile('config.json', 'new'), tooLarge])).rejects.toThrow(disk(folder));
  expect(readdirSync(scratch)).toEqual([]);
  mkdirSync(folder);
  writeFileSync(join(folder, 'config.json'), 'old');
  await expect(write(folder, [textFile('config.json', 'new'), tooLarge])).rejects.toThrow(disk(folder));
  expect(readdirSync(scratch, { recursive: true }).toSorted()).toEqual(['model', 'model/config.json']);
  expect(readFileSync(join(folder, 'config.json'), 'utf8')).toBe('old');
});

test('files are added to a folder, or take its place', async () => {
  const folder = join(scratch, 'model');
  const first = new Map([['a.txt', [Uint8Array.of(97), Uint8Array.of(98)]]]);
  await writeFolder(folder, filesOf(first));
  await writeFolder(folder, [textFile('onnx/b.txt', 'b')]);
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('ab');
  expect(readdirSync(folder)).toEqual(['a.txt', 'onnx']);
  await replaceFolder(folder, [textFile('c.txt', 'c')]);
  expect(readdirSync(folder)).toEqual(['c.txt']);
  expect(readdirSync(scratch)).toEqual(['model']);
});

// The system ends a file in its middle, as a full disk does; Windows has no such limit.
test.skipIf(process.platform === 'win32')(
  'an export that finds no room in mid-file says so and leaves nothing',
  { timeout: 60_000 },
  async () => {
    const folder = join(scratch, 'made');
    const model = 'src/parity/fixtures/models/qa-trained';
    const command = `trap '' XFSZ; ulimit -f 120; exec "$0" --import tsx src/cli/export.ts "$@"`;
    const given = ['--model_name_or_path', model, '--output_dir', folder, '--dtype', 'fp32'];
    const { code, errors } = await new Promise<{ code: number | null; errors: string }>((resolve) => {
      const child = execFile('bash', ['-c', command, process.execPath, ...given], (_, __, errors) =>
        resolve({ code: child.exitCode, errors }),
      );
    });
    expect(errors).toContain('cannot be written (EFBIG');
    expect(errors).toContain('Nothing half-made was left');
    expect(code).toBe(1);
    expect(readdirSync(scratch)).toEqual([]);
  },
);
