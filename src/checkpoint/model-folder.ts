import { ManabiError } from '../errors/manabi-error.ts';
import { parseConfig, positionLimit, type DebertaConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import {
  holdTokenizer,
  tokensBeyondVocabulary,
  type TokenBeyondVocabulary,
} from '../model/hold-tokenizer.ts';
import { initializeHead, parameterShapes } from '../model/parameters.ts';
import { parsePythonJson } from '../squad/python-json.ts';
import { readTokenizer } from '../tokenizer/read.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { baseName, type ByteSource } from './byte-source.ts';
import { isAdapter, loadWeights, type WeightNaming } from './load-weights.ts';
import { refuseStandIn, refuseText, TELLING_BYTES } from '../compression/recognise-file.ts';

/** config.json, the tokenizer's files and the model card by name, whole. */
export type TextFiles = Readonly<Record<string, Uint8Array>>;

/** What is told of a model that was read. */
export interface ModelFindings {
  /** Parameters of the question-answering head that a pretrained model lacks; they are made anew. */
  missing: string[];
  /** Tensors that the model does not use. */
  unexpected: string[];
  naming: WeightNaming;
  /** Tokens without an embedding: fine until the data uses one. */
  beyondVocabulary: TokenBeyondVocabulary[];
  /** Longest row; null where there is no limit. */
  positions: number | null;
}

export interface ReadModelFolder {
  config: DebertaConfig;
  /** Held to the tables of the model. */
  tokenizer: Tokenizer;
  tensors: NamedTensors;
  findings: ModelFindings;
}

const besideTokenizer = ['tokenizer_config.json', 'special_tokens_map.json', 'added_tokens.json'];

export function isTextFile(name: string): boolean {
  return /\.(json|model|txt)$|^README\.md$/.test(name);
}

/** Throws ManabiError model-no-config, model-adapter and what parseConfig throws. `place` names the folder. */
function readConfig(files: TextFiles, place = ''): DebertaConfig {
  const bytes = files['config.json'];
  if (!bytes) {
    const names = Object.keys(files);
    const code = names.some(isAdapter) ? 'model-adapter' : 'model-no-config';
    throw new ManabiError(code, place || names.join(', '));
  }
  return parseConfig(parseConfigJson(bytes, inFolder(place, 'config.json')), inFolder(place, 'config.json'));
}

/** config.json as it is: with a byte order mark, NaN and Infinity too. Throws ManabiError config-not-json, file-*. */
function parseConfigJson(bytes: Uint8Array, place: string): unknown {
  refuseStandIn(place, bytes);
  try {
    return parsePythonJson(new TextDecoder().decode(bytes));
  } catch (error) {
    throw new ManabiError('config-not-json', place, { reason: (error as Error).message });
  }
}

/** config.json and tokenizer, without the weights. Throws what readConfig, readTokenizer and holdTokenizer throw. */
export function readTextFiles(files: TextFiles, place = ''): { config: DebertaConfig; tokenizer: Tokenizer } {
  const config = readConfig(files, place);
  for (const name of ['tokenizer.json', 'spm.model', ...besideTokenizer]) {
    if (files[name]) refuseStandIn(inFolder(place, name), files[name]);
  }
  if (files['spm.model'])
    refuseText(inFolder(place, 'spm.model'), files['spm.model'].subarray(0, TELLING_BYTES));
  return { config, tokenizer: holdTokenizer(readTokenizer(files, place), config, place) };
}

/**
 * A model folder: its text files, and weights among `sources`. A head that is missing is made with `seed`. Throws what readTextFiles and loadWeights throw.
 */
export async function readModelFolder(
  files: TextFiles,
  sources: readonly ByteSource[],
  seed: number,
  place = '',
): Promise<ReadModelFolder> {
  refusePacked(files, sources);
  const { config, tokenizer } = readTextFiles(files, place);
  const { tensors, missing, unexpected, naming } = await loadWeights(sources, parameterShapes(config));
  if (missing.length > 0) {
    for (const [name, tensor] of initializeHead(config, seed)) tensors.set(name, tensor);
  }
  const limit = positionLimit(config);
  const findings: ModelFindings = {
    missing,
    unexpected,
    naming,
    beyondVocabulary: tokensBeyondVocabulary(tokenizer, config),
    positions: Number.isFinite(limit) ? limit : null,
  };
  return { config, tokenizer, tensors, findings };
}

/** The same for a folder that need not have a tokenizer, with no head made anew. Throws what readConfig and loadWeights throw. */
export async function readConfigAndWeights(
  files: TextFiles,
  sources: readonly ByteSource[],
  place = '',
): Promise<{ config: DebertaConfig; tensors: NamedTensors; missing: string[] }> {
  refusePacked(files, sources);
  const config = readConfig(files, place);
  const { tensors, missing } = await loadWeights(sources, parameterShapes(config));
  return { config, tensors, missing };
}

function refusePacked(files: TextFiles, sources: readonly ByteSource[]): void {
  const packed = sources.find(({ name }) => /\.(zip|tgz|gz|tar|7z|rar|bz2|xz|zst)$/i.test(name));
  if (!files['config.json'] && packed) {
    throw new ManabiError('file-packed', packed.name, {
      kind: packed.name.slice(packed.name.lastIndexOf('.') + 1),
    });
  }
}

function inFolder(place: string, name: string): string {
  return place && baseName(place) !== name ? `${place}/${name}` : name;
}
