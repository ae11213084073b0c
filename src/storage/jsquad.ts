import type { DataOrigin } from '../squad/data-origin.ts';

const JGLUE = 'https://raw.githubusercontent.com/yahoojapan/JGLUE';
/** The commit whose v1.0 files the reference recipe used. */
const V1_0_COMMIT = '6394e8fb32e0a563dfef0dd7c712256ef2e547b1';

/** Where JSQuAD's files are published (yahoojapan/JGLUE, CC BY-SA 4.0). */
export const jsquadUrls = {
  'v1.3': {
    train: `${JGLUE}/main/datasets/jsquad-v1.3/train-v1.3.json`,
    valid: `${JGLUE}/main/datasets/jsquad-v1.3/valid-v1.3.json`,
  },
  'v1.0': {
    train: `${JGLUE}/${V1_0_COMMIT}/datasets/jsquad-v1.0/train-v1.0.json`,
    valid: `${JGLUE}/${V1_0_COMMIT}/datasets/jsquad-v1.0/valid-v1.0.json`,
  },
} as const;

/** Of all of its versions. */
const jsquadOrigin: DataOrigin = { licence: 'cc-by-sa-4.0', dataset: 'shunk031/JGLUE' };

/** What is known of the data at an address. */
export function originOf(url: string): DataOrigin | undefined {
  const isJsquad = Object.values(jsquadUrls).some(({ train, valid }) => url === train || url === valid);
  return isJsquad ? jsquadOrigin : undefined;
}
