import { ManabiError } from '../errors/manabi-error.ts';

const modelFiles = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'spm.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
];

/** The sample that comes with the page. */
export async function sampleFile(name: 'train.json' | 'valid.json'): Promise<File> {
  return new File([await fetched(`./sample/${name}`)], name);
}

/** The model that comes with the page. */
export async function builtInModelFiles(): Promise<Record<string, Blob>> {
  const blobs = modelFiles.map(async (name) => [name, await fetched(`./model/${name}`)] as const);
  return Object.fromEntries(await Promise.all(blobs));
}

async function fetched(path: string): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(path);
  } catch (error) {
    throw new ManabiError('download-unreachable', path, { reason: String(error) });
  }
  if (!response.ok) throw new ManabiError('download-missing', path, { status: response.status });
  return response.blob();
}
