import { bytesSource, type ByteSource } from '../checkpoint/byte-source.ts';
import { loadWeights, type LoadedWeights } from '../checkpoint/load-weights.ts';
import { ManabiError, type ErrorCode } from '../errors/manabi-error.ts';
import { parseConfig } from '../model/config.ts';
import type { NamedTensors } from '../model/engine.ts';
import { headParameters, parameterShapes } from '../model/parameters.ts';
import { below, readJson, readText, subfolders, type GoldenFolder } from './golden-folder.ts';
import { readTensors } from './models.ts';
import { countedSources, MemoryFigure } from './memory.ts';
import type { Report } from './report.ts';
import type { Sources } from './sources.ts';

interface Expectations {
  good: Record<string, { missing: string[]; unexpected: string[] }>;
  /** File -> what is wrong with it, in words. */
  bad: Record<string, string>;
}

/** The error that stands for each description of expectations.json. */
const codes: Record<string, ErrorCode> = {
  'data shorter than the header says': 'safetensors-truncated',
  'header length beyond the file (and beyond 100 MB)': 'safetensors-header-length',
  'header is not JSON': 'safetensors-header-json',
  'file too short': 'safetensors-too-short',
  'overlapping tensors, a hole in the data': 'safetensors-overlap',
  'end before start': 'safetensors-end-before-start',
  "shape times element size overflows or is not the tensor's byte length": 'safetensors-byte-length',
  'unknown dtype': 'safetensors-dtype',
  'bytes after the last tensor': 'safetensors-trailing',
  'names the missing tensor of the backbone': 'weights-missing',
  'names the tensor, the shape found and the shape the config asks for': 'weights-shape',
  'refused: the pickle asks for posix.system, which is not on the allow-list; nothing executed':
    'pickle-global',
  'refused likewise': 'pickle-global',
  'not a torch checkpoint (no tensors)': 'torch-no-tensors',
  'zip end record missing: the file is incomplete': 'zip-incomplete',
  'CRC of an entry does not match': 'zip-crc',
  'compressed entries are refused (torch stores entries uncompressed)': 'zip-compressed',
};

/** formats/: every good checkpoint bit-exact, every bad one its error. */
export async function checkFormats({ folder }: Sources, report: Report): Promise<void> {
  const expectations = await readJson<Expectations>(folder, 'formats/expectations.json');
  const reference = await findReference(folder, report);
  const memory = new MemoryFigure();
  for (const name of subfolders(folder, 'formats/good')) {
    await checkGood(folder, name, expectations.good[name], reference, memory, report);
  }
  memory.into(report, 'good formats');
  const refused = new MemoryFigure();
  await checkBad(folder, expectations.bad, refused, report);
  refused.into(report, 'bad files');
}

/**
 * The weights that all good formats hold: those of the model of this folder whose config.json was copied, or, where the folder has no
 * models, those of the float32 safetensors shards.
 */
async function findReference(folder: GoldenFolder, report: Report): Promise<NamedTensors> {
  const config = await readText(folder, 'formats/good/torch-zip/config.json');
  for (const name of subfolders(folder, 'models')) {
    if (!folder.paths.includes(`models/${name}/model.safetensors`)) continue;
    if ((await readText(folder, `models/${name}/config.json`)) === config) {
      return readTensors(folder, `models/${name}/model.safetensors`);
    }
  }
  report.note('formats: the folder holds no model of this config.json; compared with safetensors-sharded');
  return (await load(folder, 'formats/good/safetensors-sharded')).tensors;
}

async function load(folder: GoldenFolder, prefix: string, memory?: MemoryFigure): Promise<LoadedWeights> {
  const sources = await Promise.all(
    below(folder, prefix).map(async (file) => bytesSource(file, await folder.bytes(`${prefix}/${file}`))),
  );
  const counted = countedSources(sources);
  const loaded = await loadWeights(counted.sources, await shapes(folder, prefix));
  memory?.add(prefix, counted.size, counted.asked(), loaded.tensors);
  return loaded;
}

async function shapes(folder: GoldenFolder, prefix: string): Promise<Map<string, number[]>> {
  const path = `${prefix}/config.json`;
  return parameterShapes(parseConfig(await readJson(folder, path), path));
}

async function checkGood(
  folder: GoldenFolder,
  name: string,
  expected: Expectations['good'][string] | undefined,
  reference: NamedTensors,
  memory: MemoryFigure,
  report: Report,
): Promise<void> {
  const prefix = `formats/good/${name}`;
  const label = `format ${name}`;
  const own = folder.paths.includes(`${prefix}/expected.safetensors`);
  const golden = own ? await readTensors(folder, `${prefix}/expected.safetensors`) : reference;
  try {
    const { tensors, missing, unexpected } = await load(folder, prefix, memory);
    const round = name.endsWith('bfloat16') ? toBfloat16 : name.endsWith('float16') ? toFloat16 : Math.fround;
    const names = [...(await shapes(folder, prefix)).keys()].filter((key) => !missing.includes(key));
    const equal = names.filter((key) => bitEqual(tensors.get(key), golden.get(key), round));
    const firstBad = names.find((key) => !equal.includes(key)) ?? '';
    report.allEqual(`${label} tensors, bit by bit`, equal.length, names.length, firstBad);
    const wanted = expected ?? { missing: [], unexpected: [] };
    const asNamed =
      missing.toSorted().join() === wanted.missing.join() && unexpected.join() === wanted.unexpected.join();
    report.that(
      `${label} keys`,
      asNamed && missing.every((key) => headParameters.includes(key)),
      `${missing.length} missing, ${unexpected.length} unexpected`,
    );
  } catch (error) {
    if (!(error instanceof ManabiError)) throw error;
    report.that(label, false, error.message);
  }
}

type Tensor = { shape: readonly number[]; data: Float32Array };

function bitEqual(found: Tensor | undefined, golden: Tensor | undefined, round: (value: number) => number) {
  if (!found || !golden || found.shape.join() !== golden.shape.join()) return false;
  return golden.data.every((value, i) => Object.is(found.data[i], round(value)));
}

/** Nearest value with 8 significant bits, ties to even. */
function toBfloat16(value: number): number {
  const bits = new Uint32Array(Float32Array.of(value).buffer);
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return new Float32Array(bits.buffer)[0];
}

/** Nearest multiple of the float16 spacing at `value`, ties to even. */
function toFloat16(value: number): number {
  const magnitude = Math.abs(value);
  const exponent = Math.max(-14, Math.floor(Math.log2(magnitude || 2 ** -14)));
  const spacing = 2 ** (exponent - 10);
  const steps = magnitude / spacing;
  const down = Math.floor(steps);
  const up = steps - down > 0.5 || (steps - down === 0.5 && down % 2 !== 0);
  const rounded = (up ? down + 1 : down) * spacing;
  return 1 / value < 0 ? -rounded : rounded;
}

async function checkBad(
  folder: GoldenFolder,
  bad: Expectations['bad'],
  memory: MemoryFigure,
  report: Report,
): Promise<void> {
  const expected = await shapes(folder, 'formats/good/torch-zip');
  for (const [file, description] of Object.entries(bad)) {
    const source = bytesSource(file, await folder.bytes(`formats/bad/${file}`));
    const counted = countedSources([source]);
    const error = await errorOf(counted.sources, expected);
    memory.add(file, source.size, counted.asked());
    const code = codes[description];
    if (code === undefined) {
      const named = `${error?.code ?? 'accepted'}; "${description}" is not known to this check`;
      report.that(`bad file ${file}`, error !== null, named);
      continue;
    }
    const known = error?.code === code && (await namesTheCulprit(error, source, expected));
    report.that(`bad file ${file}`, known, error?.message ?? 'accepted');
  }
}

async function errorOf(
  sources: readonly ByteSource[],
  expected: ReadonlyMap<string, readonly number[]>,
): Promise<ManabiError | null> {
  try {
    await loadWeights(sources, expected);
    return null;
  } catch (error) {
    if (error instanceof ManabiError) return error;
    throw error;
  }
}

/** Errors that name a tensor, its shapes or a global must name the right one, as the file itself shows. */
async function namesTheCulprit(
  { code, details, message }: ManabiError,
  source: ByteSource,
  expected: ReadonlyMap<string, readonly number[]>,
): Promise<boolean> {
  const text = new TextDecoder('latin1').decode(await source.slice(0, source.size));
  if (code === 'pickle-global') return details.name === 'posix.system' && text.includes('cposix\nsystem');
  const tensor = String(details.tensor);
  if (code === 'weights-missing') {
    return expected.has(tensor) && !text.includes(`"${tensor}"`) && message.includes(tensor);
  }
  if (code === 'weights-shape') {
    const wanted = `[${expected.get(tensor)?.join()}]`;
    const stored = /"shape":(\[[\d,]*\])/.exec(text.slice(text.indexOf(`"${tensor}"`)))?.[1];
    return details.wanted === wanted && details.found === stored && message.includes(tensor);
  }
  return true;
}
