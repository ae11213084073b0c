import { expect, test, vi } from 'vitest';
import { heldLocks, withLock } from './locks.ts';

// As a page of plain http has it. (Node 20 has no navigator, later ones have locks.)
vi.stubGlobal('navigator', {});

/** Work that lasts until it is told to end. */
function lasting() {
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  return { work: () => ended, end };
}

test('without navigator.locks the work on one name is done one after the other', async () => {
  const order: string[] = [];
  const { work, end } = lasting();
  const first = withLock('a', {}, async () => {
    await work();
    order.push('first');
  });
  const second = withLock('a', {}, async () => void order.push('second'));
  const third = withLock('a', {}, async () => void order.push('third'));
  await withLock('b', {}, async () => void order.push('other name'));
  end();
  await Promise.all([first, second, third]);
  expect(order.slice(0, 2)).toEqual(['other name', 'first']);
  expect(order.toSorted()).toEqual(['first', 'other name', 'second', 'third']);
});

test('without navigator.locks what is held is told, and given up when its work fails', async () => {
  const { work, end } = lasting();
  const holder = withLock('run', {}, work);
  expect([...(await heldLocks())]).toEqual(['run']);
  expect(await withLock('run', { ifAvailable: true }, async (hasLock) => hasLock)).toBe(false);
  end();
  await holder;
  await expect(withLock('run', {}, () => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  expect(await withLock('run', { ifAvailable: true }, async (hasLock) => hasLock)).toBe(true);
  expect([...(await heldLocks())]).toEqual([]);
});

test('without navigator.locks readers share, a writer waits for them, and a wait can be ended', async () => {
  const { work, end } = lasting();
  const readers = [0, 1].map(() => withLock('file', { mode: 'shared' }, work));
  const waiting = new AbortController();
  const given = withLock('file', { signal: waiting.signal }, async () => 'never');
  waiting.abort(new Error('ended'));
  await expect(given).rejects.toThrow('ended');
  let written = false;
  const writer = withLock('file', {}, async () => void (written = true));
  await Promise.resolve();
  expect(written).toBe(false);
  end();
  await Promise.all([...readers, writer]);
  expect(written).toBe(true);
});
