import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sha256, sha256OfBlobs } from './sha256.ts';

const bytes = (maxLength: number) => fc.uint8Array({ maxLength });

test('pieces of any length hash as the whole does', () => {
  fc.assert(
    fc.property(fc.array(bytes(200), { maxLength: 8 }), (pieces) => {
      const ours = new Sha256();
      const reference = createHash('sha256');
      for (const piece of pieces) {
        ours.update(piece);
        reference.update(piece);
      }
      expect(ours.hex()).toBe(reference.digest('hex'));
    }),
  );
});

test('blobs larger than one read hash as their concatenation', async () => {
  const first = Uint8Array.from({ length: 2 ** 20 + 77 }, (_, i) => (i * 31) % 251);
  const second = Uint8Array.from({ length: 1000 }, (_, i) => i % 256);
  const reference = createHash('sha256').update(first).update(second).digest('hex');
  expect(await sha256OfBlobs([new Blob([first]), new Blob([second])])).toBe(reference);
});
