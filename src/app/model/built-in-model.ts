import { ManabiError } from '../../errors/manabi-error.ts';

const modelFiles = [
  'config.json',
  'model.safetensors',
  'tokenizer.json',
  'spm.model',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'README.md',
];

/** The model that comes with the page. */
export async function builtInModelFiles(): Promise<Record<string, Blob>> {
  const blobs = modelFiles.map(async (name) => [name, await fetchOwn(`./model/${name}`)] as const);
  return Object.fromEntries(await Promise.all(blobs));
}

/** A file that comes with the page. Throws ManabiError download-unreachable, download-missing. */
export async function fetchOwn(path: string): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(path);
  } catch (error) {
    throw new ManabiError('download-unreachable', path, { reason: String(error) });
  }
  if (!response.ok) throw new ManabiError('download-missing', path, { status: response.status });
  return response.blob();
}
