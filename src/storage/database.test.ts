import 'fake-indexeddb/auto';
import { afterEach, expect, test, vi } from 'vitest';
import { database, DATABASE_NAME } from './database.ts';

afterEach(() => vi.restoreAllMocks());

/** As a browser refuses to open a database. */
function refuseWith(name: string): void {
  vi.spyOn(IDBFactory.prototype, 'open').mockImplementation(() => {
    throw new DOMException('Internal error opening backing store', name);
  });
}

test('a store that cannot be opened is told with the reason', async () => {
  refuseWith('UnknownError');
  await expect(database()).rejects.toMatchObject({
    code: 'storage-unavailable',
    details: { reason: 'Internal error opening backing store' },
  });
});

test('data of a newer version of the page is left alone', async () => {
  const request = indexedDB.open(DATABASE_NAME, 1000);
  await new Promise((resolve) => (request.onsuccess = resolve));
  request.result.close();
  await expect(database()).rejects.toMatchObject({ code: 'storage-newer' });
});
