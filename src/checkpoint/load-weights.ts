import { ManabiError } from '../errors/manabi-error.ts';
import type { NamedTensors } from '../model/engine.ts';
import { headParameters } from '../model/parameters.ts';
import { baseName, readRange, type ByteSource } from './byte-source.ts';
import { refuseStandIn, refuseText, TELLING_BYTES } from '../compression/recognise-file.ts';
import { isFloat } from './element-types.ts';
import { openSafetensors } from './safetensors.ts';
import { openTorchWeights } from './torch-file.ts';
import type { WeightFile } from './weight-file.ts';

export interface LoadedWeights {
  tensors: NamedTensors;
  /** Only the question-answering head may be missing: a pretrained checkpoint has none. */
  missing: string[];
  unexpected: string[];
  naming: WeightNaming;
}

/** How the file names what the model names otherwise. */
export interface WeightNaming {
  /** Taken off the names, as `module.` of DataParallel. */
  prefixes: string[];
  /** Names without `deberta.`, as a bare DebertaV2Model has them. */
  isBare: boolean;
  /** Keys of the file under which the weights are. */
  nestedIn: string[];
}

const PREFIX = 'deberta.';
/** The one name that every checkpoint of this family has, after what training scripts put before it. */
const wordEmbeddings = /^(.*?)(?:deberta\.)?embeddings\.word_embeddings\.weight$/;
/** Those of DistributedDataParallel, torch.compile and Lightning. */
const usualWrappers = /^(?:module\.|_orig_mod\.|model\.)+$/;
/** Buffers that older versions of transformers saved and that are made anew. */
const buffers = new Set([`${PREFIX}embeddings.position_ids`, 'embeddings.position_ids']);
const MAX_INDEX_BYTES = 2 ** 24;

/**
 * Reads the weights among the files of a model folder and holds them to the shapes the config asks for: model.safetensors or
 * pytorch_model.bin, whole or in shards with their index (safetensors first, as transformers prefers), or the one weight file there is.
 * Tensors that the model does not have are named in `unexpected` and may have any type.
 * Throws ManabiError: model-no-weights, model-adapter, weights-ambiguous, index-broken, shard-missing, weights-missing (names the
 * tensor), weights-of-several, weights-shape (found and wanted), safetensors-dtype, file-* and what the readers of the formats throw.
 */
export async function loadWeights(
  files: readonly ByteSource[],
  expected: ReadonlyMap<string, readonly number[]>,
): Promise<LoadedWeights> {
  const tensors: NamedTensors = new Map();
  const unexpected: string[] = [];
  const prefixes = new Set<string>();
  const nestedIn = new Set<string>();
  let isBare = false;
  const shards = await chooseCheckpoint(files);
  const opened: { source: ByteSource; file: WeightFile }[] = [];
  for (const source of shards) opened.push({ source, file: await openWeights(source) });
  const names = opened.flatMap(({ file }) => [...file.shapes.keys()]);
  const wrappers = wrappersOf(names, shards[0].name);
  for (const { source, file } of opened) {
    for (const key of file.nestedIn ?? []) nestedIn.add(key);
    const wanted = new Map<string, string>();
    const taken = new Set<string>();
    for (const [stored, shape] of file.shapes) {
      const { name, prefix, bare } = parameterName(stored, expected, wrappers);
      const shapeWanted = expected.get(name);
      // The plain name comes before one that becomes it.
      if (!shapeWanted || taken.has(name) || (name !== stored && file.shapes.has(name))) {
        if (!buffers.has(name)) unexpected.push(stored);
        continue;
      }
      // Integers are the weights of a quantized model, and mean something else without its scales.
      const dtype = file.types.get(stored) ?? '';
      if (!isFloat(dtype)) throw new ManabiError('safetensors-dtype', source.name, { tensor: stored, dtype });
      // A head with other labels is another head: one is made anew.
      if (headParameters.includes(name) && shapeWanted.join() !== shape.join()) {
        unexpected.push(stored);
        continue;
      }
      if (shapeWanted.join() !== shape.join()) {
        const details = { tensor: name, found: `[${shape.join()}]`, wanted: `[${shapeWanted.join()}]` };
        throw new ManabiError('weights-shape', source.name, details);
      }
      if (prefix) prefixes.add(prefix);
      isBare ||= bare;
      taken.add(name);
      wanted.set(stored, name);
    }
    const values = await file.read(wanted.keys());
    for (const [stored, name] of wanted) {
      const tensor = values.get(stored);
      if (tensor) tensors.set(name, tensor);
    }
  }
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  const backbone = missing.find((name) => !name.startsWith('qa_outputs.'));
  if (backbone) throw new ManabiError('weights-missing', shards[0].name, { tensor: backbone });
  const naming = { prefixes: [...prefixes], isBare, nestedIn: [...nestedIn] };
  return { tensors, missing, unexpected: unexpected.sort(), naming };
}

/** By what stands at its start, since files are renamed; by its name where that does not tell. */
async function openWeights(source: ByteSource): Promise<WeightFile> {
  const start = await readRange(source, 0, Math.min(TELLING_BYTES, source.size));
  refuseStandIn(source.name, start);
  refuseText(source.name, start);
  const isTorch = start[0] === 0x80 || (start[0] === 0x50 && start[1] === 0x4b);
  const isSafetensors = start[8] === 0x7b || (!isTorch && source.name.endsWith('.safetensors'));
  return isSafetensors ? openSafetensors(source) : openTorchWeights(source);
}

/**
 * What may stand before the names of a file, nothing first: what stands before its word embeddings, and parts of that, since a head is often outside
 * of what wraps the body. Throws ManabiError weights-of-several for a file with several models, unless one has a name that tools give.
 */
function wrappersOf(names: readonly string[], place: string): string[] {
  const found = new Set(
    names.map((name) => wordEmbeddings.exec(name)?.[1]).filter((prefix) => prefix !== undefined),
  );
  if (found.size === 0 || found.has('')) return [''];
  const usual = [...found].filter((prefix) => usualWrappers.test(prefix));
  const [wrapper, ...others] = usual.length > 0 ? usual : found;
  if (others.length > 0) {
    throw new ManabiError('weights-of-several', place, { prefixes: [...found].join(', ') });
  }
  const parts = wrapper.split('.').slice(0, -1);
  return ['', ...parts.map((_, i) => `${parts.slice(0, i + 1).join('.')}.`)];
}

/**
 * The name in the model: without what wraps it; a bare DebertaV2Model is saved without the prefix of the model around it (in shards too, of
 * which one alone holds the word embeddings), and LayerNorms converted from TensorFlow have gamma and beta.
 */
function parameterName(
  stored: string,
  expected: ReadonlyMap<string, unknown>,
  wrappers: readonly string[],
): { name: string; prefix: string; bare: boolean } {
  const plain = stored
    .replace(/LayerNorm\.gamma$/, 'LayerNorm.weight')
    .replace(/LayerNorm\.beta$/, 'LayerNorm.bias');
  for (const prefix of wrappers) {
    if (!plain.startsWith(prefix)) continue;
    const name = plain.slice(prefix.length);
    if (expected.has(name)) return { name, prefix, bare: false };
    if (/^(?:embeddings|encoder)\./.test(name) && expected.has(PREFIX + name)) {
      return { name: PREFIX + name, prefix, bare: true };
    }
  }
  return { name: plain, prefix: '', bare: false };
}

/** The files that together hold one checkpoint. */
async function chooseCheckpoint(files: readonly ByteSource[]): Promise<ByteSource[]> {
  const byName = new Map(files.map((file) => [baseName(file.name), file]));
  for (const name of ['model.safetensors', 'pytorch_model.bin']) {
    const whole = byName.get(name);
    if (whole) return [whole];
    const index = byName.get(`${name}.index.json`);
    if (index) return shardsOf(index, byName);
  }
  const others = files.filter(({ name }) => isWeightFile(baseName(name)));
  if (others.length === 1) return others;
  const names = files.map(({ name }) => baseName(name)).join(', ');
  if (others.length === 0) {
    if (files.some(({ name }) => isAdapter(baseName(name)))) throw new ManabiError('model-adapter', names);
    const file = files.map((source) => baseName(source.name)).find((name) => isOtherFormat(name));
    if (file) throw new ManabiError('weights-other-format', names, { file });
    throw new ManabiError('model-no-weights', names);
  }
  throw new ManabiError('weights-ambiguous', names);
}

function isWeightFile(name: string): boolean {
  const isOfTrainer = /^(training_args|optimizer|scheduler|scaler|rng_state\w*)\./.test(name);
  return /\.(safetensors|bin|pt|pth|ckpt)$/.test(name) && !isOfTrainer && !isAdapter(name);
}

/** What PEFT saves of LoRA and the like: the changes to a model, without the model. */
export function isAdapter(name: string): boolean {
  return /^adapter_(model\.|config\.json$)/.test(name);
}

/** Weights of TensorFlow, Flax, ONNX and llama.cpp. */
function isOtherFormat(name: string): boolean {
  return /\.(h5|msgpack|onnx|gguf|tflite|index)$/.test(name);
}

async function shardsOf(index: ByteSource, byName: ReadonlyMap<string, ByteSource>): Promise<ByteSource[]> {
  const broken = (reason: string) => new ManabiError('index-broken', index.name, { reason });
  if (index.size > MAX_INDEX_BYTES) throw broken(`${index.size} bytes`);
  const bytes = await readRange(index, 0, index.size);
  refuseStandIn(index.name, bytes);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw broken('JSON');
  }
  const map = (parsed as { weight_map?: unknown } | null)?.weight_map;
  const names = typeof map === 'object' && map !== null ? Object.values(map) : [];
  if (names.length === 0 || !names.every((name) => typeof name === 'string')) throw broken('weight_map');
  return [...new Set(names)].toSorted().map((shard) => {
    const source = byName.get(shard);
    if (!source) throw new ManabiError('shard-missing', index.name, { shard });
    return source;
  });
}
