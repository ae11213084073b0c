export type FilesKind = 'model' | 'data' | 'unknown';

const MODEL_NAMES =
  /^(config|tokenizer|tokenizer_config|special_tokens_map|.*\.index)\.json$|\.(safetensors|bin|pt|model)$/i;
const DATA_NAMES = /\.(json|jsonl|ndjson|csv|tsv)$/i;
/** A config.json says in its first lines what it is, whatever its name. */
const CONFIG_KEYS = /"(model_type|architectures|hidden_size)"\s*:/;
const LOOK_AT = 4096;

/** What files are for: those of a model folder, or a data file. */
export async function recogniseFiles(
  files: readonly { name: string; slice(start: number, end: number): Blob }[],
): Promise<FilesKind> {
  if (files.some(({ name }) => MODEL_NAMES.test(name))) return 'model';
  const [first] = files;
  if (!first || !DATA_NAMES.test(first.name)) return 'unknown';
  if (!/\.json$/i.test(first.name)) return 'data';
  return CONFIG_KEYS.test(await first.slice(0, LOOK_AT).text()) ? 'model' : 'data';
}

/** What a data file is for by its name; null where the name does not tell. */
export function roleByName(name: string): 'train' | 'evaluation' | null {
  if (/(valid|dev|test|eval)/i.test(name) || /評価|検証|テスト/.test(name)) return 'evaluation';
  return /train/i.test(name) || /学習|訓練/.test(name) ? 'train' : null;
}
