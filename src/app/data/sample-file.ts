import type { DataOrigin } from '../../squad/data-origin.ts';
import { fetchOwn } from '../model/built-in-model.ts';

/** As the sample's README.md says. */
export const sampleOrigin: DataOrigin = { licence: 'cc0-1.0' };

/** The sample that comes with the page. */
export async function sampleFile(name: 'train.json' | 'valid.json'): Promise<File> {
  return new File([await fetchOwn(`./sample/${name}`)], name);
}
