import { expect, test } from 'vitest';
import { goldenFolder, inside } from './golden-folder.ts';

test('a file that the folder lacks is named, and not asked for', async () => {
  const asked: string[] = [];
  const folder = goldenFolder(['models/a'], async (path) => {
    asked.push(path);
    return new Uint8Array();
  });
  await expect(folder.bytes('metrics.json')).rejects.toMatchObject({
    code: 'parity-file',
    place: 'metrics.json',
  });
  await expect(inside(folder, 'models').bytes('b')).rejects.toMatchObject({ code: 'parity-file' });
  await inside(folder, 'models').bytes('a');
  expect(asked).toEqual(['models/a']);
});
