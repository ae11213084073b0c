// For the tests: the page's side of file-server.setup.ts, and the disk as the browser allows it.
import { expect, inject } from 'vitest';
import { cdp } from 'vitest/browser';
import type { SeenRequest, Serving } from './file-server.setup.ts';

export const server = inject('fileServer');

/** Places a file; gives its address. */
export async function place(
  path: string,
  body: Uint8Array<ArrayBuffer> | string,
  how: Serving = {},
): Promise<string> {
  const address = `${server}/${path}`;
  await fetch(`${address}?how=${encodeURIComponent(JSON.stringify(how))}`, {
    method: 'POST',
    body: new Blob([body]),
  });
  return address;
}

/** What has been asked for since the last reset. */
export async function requests(): Promise<SeenRequest[]> {
  return (await (await fetch(`${server}/requests`, { cache: 'no-store' })).json()) as SeenRequest[];
}

export async function resetServer(): Promise<void> {
  await fetch(`${server}/reset`, { cache: 'no-store' });
}

/** Bytes that differ from place to place and do not compress. */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let i = 0; i < words.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    words[i] = state ^ (state >>> 15);
  }
  return new Uint8Array(words.buffer, 0, length).slice();
}

/** toEqual takes ten seconds for a few megabytes. */
export async function expectBytes(blob: Blob | null | undefined, wanted: Uint8Array): Promise<void> {
  const found = new Uint8Array((await blob?.arrayBuffer()) ?? []);
  expect(found.length).toBe(wanted.length);
  expect(found.findIndex((byte, at) => byte !== wanted[at])).toBe(-1);
}

/** Sets how much this origin may store (nothing said: as before) and empties its databases. */
export async function limitQuota(quotaSize?: number): Promise<void> {
  const { origin } = location;
  const session = cdp() as unknown as { send(method: string, parameters: object): Promise<unknown> };
  await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize });
  // Chromium remembers for half a minute how much room a database has, unless it is opened anew.
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'indexeddb' });
}
