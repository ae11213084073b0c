import { fetchOwn } from '../model/built-in-model.ts';

/** The sample that comes with the page. */
export async function sampleFile(name: 'train.json' | 'valid.json'): Promise<File> {
  return new File([await fetchOwn(`./sample/${name}`)], name);
}
