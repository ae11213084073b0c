import { ManabiError } from '../../errors/manabi-error.ts';

export type FilesKind = 'model' | 'data' | 'unknown';

type Given = { name: string; slice(start: number, end: number): Blob };

const MODEL_NAMES =
  /^(config|tokenizer|tokenizer_config|special_tokens_map|.*\.index)\.json$|\.(safetensors|bin|pt|model)$/i;
const DATA_NAMES = /\.(json|jsonl|ndjson|csv|tsv|parquet)$/i;
/** What a file dialog for data offers. */
export const DATA_ACCEPT = '.json,.jsonl,.ndjson,.csv,.tsv,.txt,.parquet,.gz,.zip';
/** A config.json says in its first lines what it is, whatever its name. */
const CONFIG_KEYS = /"(model_type|architectures|hidden_size)"\s*:/;
const LOOK_AT = 4096;
/** Of a zip's first entry: where the length of its name stands, and the name. */
const [ZIP_NAME_LENGTH, ZIP_NAME] = [26, 30];

/** What files are for: those of a model folder, or a data file; packed ones by the name inside. */
export async function recogniseFiles(files: readonly Given[]): Promise<FilesKind> {
  const names = await Promise.all(files.map(innerName));
  if (names.some((name) => MODEL_NAMES.test(name))) return 'model';
  const [first] = files;
  if (!first || !DATA_NAMES.test(names[0])) return 'unknown';
  if (!/\.json$/i.test(first.name)) return 'data';
  return CONFIG_KEYS.test(await first.slice(0, LOOK_AT).text()) ? 'model' : 'data';
}

async function innerName(file: Given): Promise<string> {
  if (/\.gz$/i.test(file.name)) return file.name.slice(0, -'.gz'.length);
  if (!/\.zip$/i.test(file.name)) return file.name;
  const bytes = new Uint8Array(await file.slice(0, LOOK_AT).arrayBuffer());
  const length = (bytes[ZIP_NAME_LENGTH] ?? 0) | ((bytes[ZIP_NAME_LENGTH + 1] ?? 0) << 8);
  const path = new TextDecoder().decode(bytes.subarray(ZIP_NAME, ZIP_NAME + length));
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What a data file is for by its name; null where the name does not tell. */
export function roleByName(name: string): 'train' | 'evaluation' | null {
  if (/(valid|dev|test|eval)/i.test(name) || /評価|検証|テスト/.test(name)) return 'evaluation';
  return /train/i.test(name) || /学習|訓練/.test(name) ? 'train' : null;
}

const namesOf = (files: readonly Given[]) => files.map(({ name }) => name).join(', ');

/** Throws ManabiError data-is-model, squad-one-file where these files are not one file of data. */
export async function requireDataFile(files: readonly Given[]): Promise<void> {
  if ((await recogniseFiles(files)) === 'model') throw new ManabiError('data-is-model', files[0].name);
  if (files.length > 1) throw new ManabiError('squad-one-file', namesOf(files), { count: files.length });
}

/** Throws ManabiError model-is-data. */
export async function requireModelFiles(files: readonly Given[]): Promise<void> {
  if ((await recogniseFiles(files)) === 'data') throw new ManabiError('model-is-data', files[0].name);
}

/** Where files go that were dropped beside every box: to the model, or each to its part of the data. Throws ManabiError drop-*. */
export async function placeDropped(
  files: readonly Given[],
  isBusy: boolean,
): Promise<'model' | ('train' | 'evaluation')[]> {
  if (isBusy) throw new ManabiError('drop-busy', namesOf(files));
  const kind = await recogniseFiles(files);
  if (kind === 'model') return kind;
  if (kind === 'unknown') throw new ManabiError('drop-unknown', namesOf(files));
  const roles = files.flatMap(({ name }) => roleByName(name) ?? []);
  if (roles.length < files.length || new Set(roles).size < roles.length) {
    throw new ManabiError('drop-which-data', namesOf(files));
  }
  return roles;
}
