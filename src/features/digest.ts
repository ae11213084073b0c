import { sha256Of } from '../hash/sha256.ts';

/** First 16 hex digits of sha256 over ids and spans of an encoding, as the goldens have it. */
export async function encodingDigest(ids: Int32Array, starts: Int32Array, ends: Int32Array): Promise<string> {
  const spans = Array.from(starts, (start, i) => `${start}-${ends[i]}`).join(',');
  const text = new TextEncoder().encode(`${ids.join(',')}|${spans}`);
  return (await sha256Of(text)).slice(0, 16);
}
