import type { SquadExample } from '../squad/example.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { readTokenizer, type TokenizerFiles } from '../tokenizer/read.ts';
import type { Engine, NamedTensors } from '../model/engine.ts';
import type { DebertaConfig } from '../model/config.ts';
import { below, inside, overlay, type GoldenFolder } from './golden-folder.ts';

/** What the checks take beside the folder: it may lack parts, which come from the folders named on the command line. */
export interface Sources {
  folder: GoldenFolder;
  /** Holds `<name>/tokenizer.json` ... */
  tokenizers: GoldenFolder;
  /** Holds `qa-trained/...`, and `ku-like/...`, from which training starts. */
  models: GoldenFolder;
  /** JSQuAD questions, for rows that carry an id only. */
  jsquad: readonly SquadExample[] | null;
  createEngine(config: DebertaConfig, weights: NamedTensors): Promise<Engine>;
}

interface Given extends Pick<Sources, 'jsquad' | 'createEngine'> {
  tokenizers: GoldenFolder | null;
  models: GoldenFolder | null;
  /** A whole folder of goldens, for what neither was given nor is in the folder. */
  rest: GoldenFolder | null;
}

/** The folder's own tokenizers and models come first, then those that were given, then those of `rest`. */
export function sourcesOf(folder: GoldenFolder, { tokenizers, models, rest, ...others }: Given): Sources {
  const part = (given: GoldenFolder | null, name: string) => {
    const others = [given, rest && inside(rest, name)].filter((other) => other !== null);
    return others.reduce(overlay, inside(folder, name));
  };
  return {
    folder,
    tokenizers: part(tokenizers, 'tokenizers'),
    models: part(models, 'models'),
    ...others,
  };
}

const tokenizerFileNames = [
  'tokenizer.json',
  'spm.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
] as const;

/**
 * The tokenizer in a folder of goldens, read from `from` alone (the other of tokenizer.json and spm.model is left
 * out), or null where the folder does not hold that file.
 */
export async function loadTokenizer(
  folder: GoldenFolder,
  prefix: string,
  from: 'tokenizer.json' | 'spm.model',
): Promise<Tokenizer | null> {
  const present = new Set(below(folder, prefix));
  if (!present.has(from)) return null;
  const files: TokenizerFiles = {};
  for (const name of tokenizerFileNames) {
    const otherModel = (name === 'tokenizer.json' || name === 'spm.model') && name !== from;
    if (present.has(name) && !otherModel) files[name] = await folder.bytes(`${prefix}/${name}`);
  }
  return readTokenizer(files, prefix);
}
