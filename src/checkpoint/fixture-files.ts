import { readFileSync } from 'node:fs';
import { bytesSource, type ByteSource } from './byte-source.ts';

// For tests in Node: the files of torch beside this one. Whole checkpoints are among the goldens of src/parity/fixtures.

export function fixture(path: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${path}`, import.meta.url)));
}

export function fixtureSource(path: string): ByteSource {
  return bytesSource(path, fixture(path));
}
