/** First 16 hex digits of sha256 over ids and spans of an encoding, as the goldens have it. */
export async function encodingDigest(ids: Int32Array, starts: Int32Array, ends: Int32Array): Promise<string> {
  const spans = Array.from(starts, (start, i) => `${start}-${ends[i]}`).join(',');
  const text = new TextEncoder().encode(`${ids.join(',')}|${spans}`);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', text));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
