import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readTokenizer, type TokenizerFiles } from '../src/tokenizer/read.ts';
import type { Tokenizer } from '../src/tokenizer/tokenizer.ts';

/** The tokenizer of a Hugging Face folder, by our own reader. Throws what readTokenizer throws. */
export function readTokenizerFolder(folder: string): Tokenizer {
  const files: TokenizerFiles = {};
  const names = [
    'tokenizer.json',
    'spm.model',
    'tokenizer_config.json',
    'special_tokens_map.json',
    'added_tokens.json',
  ] as const;
  for (const name of names) {
    if (existsSync(join(folder, name))) files[name] = readFileSync(join(folder, name));
  }
  return readTokenizer(files, folder);
}
