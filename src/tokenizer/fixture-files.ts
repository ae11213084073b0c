import { readFileSync } from 'node:fs';
import { readTokenizer, type TokenizerFiles } from './read.ts';
import type { Tokenizer } from './tokenizer.ts';

// For tests in Node: the tokenizers of fixtures/.

export function fixture(name: string): Uint8Array {
  return new Uint8Array(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
}

/** The small Unigram model with [MASK] in its vocabulary, from spm.model alone. */
export function unigramFixture(): Tokenizer {
  const files: TokenizerFiles = { 'spm.model': fixture('unigram.model') };
  return readTokenizer(files);
}
