import { INTERNAL_STORE_SCHEMA } from 'rxdb';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRecoveryKey, encryptionOf } from '../encryption.ts';
import type { EncryptionError } from '../errors.ts';
import {
  type AnyStorage,
  freshName,
  type NotesDatabase,
  openDatabase,
  openNotes,
  openRaw,
  rawRows,
  STORAGES,
} from '../testing/databases.ts';
import * as derivation from './derive.ts';
import { openKeyStore } from './key-store.ts';

/** The real function, counted. */
vi.mock('./derive.ts', async (original) => {
  const real = await original<typeof derivation>();
  return { ...real, stretch: vi.fn(real.stretch) };
});
const stretched = vi.mocked(derivation.stretch);

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const database of open.splice(0)) await database.close();
});
async function opened(options: Parameters<typeof openNotes>[0]): Promise<NotesDatabase> {
  const database = await openNotes(options);
  open.push(database);
  return database;
}
async function closeAll(): Promise<void> {
  for (const database of open.splice(0)) await database.close();
}

/** Names of storage instances in the order in which something of them was read or written. */
function watched(disk: AnyStorage): { readonly disk: AnyStorage; readonly touched: string[] } {
  const touched: string[] = [];
  const storage: AnyStorage = {
    ...disk,
    name: disk.name,
    rxdbVersion: disk.rxdbVersion,
    async createStorageInstance(params) {
      const instance = await disk.createStorageInstance(params);
      for (const method of ['bulkWrite', 'query', 'findDocumentsById', 'count', 'getAttachmentData'] as const) {
        const call = instance[method].bind(instance) as (...args: unknown[]) => unknown;
        Object.assign(instance, {
          [method]: (...args: unknown[]) => {
            touched.push(params.collectionName);
            return call(...args);
          },
        });
      }
      return instance;
    },
  };
  return { disk: storage, touched };
}

describe('passphrases', () => {
  const newDisk = STORAGES.memory;

  it('a wrong one is one clear error, before any document is read, after as many derivations as the right one', async () => {
    const [disk, name] = [newDisk(), freshName()];
    const first = await opened({ disk, name, password: 'the first passphrase' });
    await first.notes.insert({ id: 'a', title: 't', secret: 's' });
    await (await encryptionOf(first)).addPassword('the first passphrase', 'the second passphrase');
    await closeAll();
    const derivations: number[] = [];
    for (const password of ['the second passphrase']) {
      stretched.mockClear();
      const database = await opened({ disk, name, password });
      expect((await database.notes.findOne('a').exec(true)).secret).toBe('s');
      derivations.push(stretched.mock.calls.length);
      await closeAll();
    }
    for (const password of ['the first passphrasE']) {
      stretched.mockClear();
      const watch = watched(disk);
      const refused = await openNotes({ name, disk: watch.disk, password }).catch(
        (error: unknown) => error as EncryptionError,
      );
      expect(refused).toMatchObject({ name: 'EncryptionError', code: 'WRONG_PASSWORD' });
      expect(String(refused)).not.toContain('passphras');
      expect(new Set(watch.touched)).toEqual(new Set(['_encryption_keys']));
      derivations.push(stretched.mock.calls.length);
    }
    // Two slots, whatever the password: neither number nor order tells which one it was.
    expect(derivations).toEqual([2, 2]);
    await expect(openNotes({ disk, name, password: createRecoveryKey() })).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
    });
  }, 60_000);

  it('no hash of it gets to the storage or into an error, also one that was there before', async () => {
    const [disk, name, password] = [newDisk(), freshName(), 'a long passphrase'];
    const database = await opened({ disk, name, password });
    const hash = await database.hashFunction(JSON.stringify(password));
    const raw = await openRaw(disk, name, '_rxdb_internal', INTERNAL_STORE_SCHEMA as never);
    const token = async () => (await rawRows(raw)).find((row) => row['id'] === 'storage-token|storageToken');
    const before = await token();
    expect(before?.['data']).toMatchObject({ token: expect.any(String) });
    expect(JSON.stringify(await rawRows(raw))).not.toContain(hash);
    await closeAll();
    if (before === undefined) throw new Error('RxDB has no token document');
    const other = { ...(before['data'] as object), passwordHash: 'the hash of another password' };
    await raw.bulkWrite([{ previous: before, document: { ...before, data: other, _rev: '2-x' } }], 'before');
    const again = await opened({ disk, name, password });
    await again.storageToken;
    expect((await token())?.['data']).not.toHaveProperty('passwordHash');
    await raw.close();
  });
});

describe.each(Object.entries(STORAGES))('passwords on %s', (_, newDisk) => {
  it('can be changed, and added, and removed; RxDB does not stand in the way', async () => {
    const [disk, name] = [newDisk(), freshName()];
    const [first, second, recovery] = [createRecoveryKey(), createRecoveryKey(), createRecoveryKey()];
    const database = await opened({ disk, name, password: first });
    const encryption = await encryptionOf(database);
    await database.notes.insert({ id: 'a', title: 't', secret: 's' });
    await expect(encryption.changePassword(second, recovery)).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    await encryption.changePassword(first, second);
    await database.notes.insert({ id: 'b', title: 't', secret: 'written after' });
    const slot = await encryption.addPassword(second, recovery);
    expect(await encryption.slots()).toHaveLength(2);
    await closeAll();
    await expect(openNotes({ disk, name, password: first })).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    for (const password of [second, recovery]) {
      const { notes } = await opened({ disk, name, password });
      expect((await notes.find().exec()).map(({ secret }) => secret)).toEqual(['s', 'written after']);
      await closeAll();
    }
    const last = await encryptionOf(await opened({ disk, name, password: second }));
    await expect(last.removeSlot(slot, recovery)).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    await expect(last.removeSlot('nothing', second)).rejects.toMatchObject({ code: 'SLOT_UNKNOWN' });
    await last.removeSlot(slot, second);
    const [only] = await last.slots();
    await expect(last.removeSlot(only?.id ?? '', second)).rejects.toMatchObject({ code: 'LAST_SLOT' });
    await closeAll();
    await expect(openNotes({ disk, name, password: recovery })).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
  });

  it('there are at most 8', async () => {
    const [disk, name, password] = [newDisk(), freshName(), createRecoveryKey()];
    const encryption = await encryptionOf(await opened({ disk, name, password }));
    for (let i = 1; i < 8; i++) await encryption.addPassword(password, createRecoveryKey());
    await expect(encryption.addPassword(password, createRecoveryKey())).rejects.toMatchObject({ code: 'SLOTS_FULL' });
    expect(await encryption.slots()).toHaveLength(8);
  });

  it('two tabs that open a new database at once make one set of keys', async () => {
    const [disk, name, password] = [newDisk(), freshName(), createRecoveryKey()];
    const tabs = await Promise.all([false, true].map((tab) => openDatabase({ disk, name, password, tab })));
    open.push(...tabs);
    const store = await openKeyStore({
      storage: disk,
      databaseName: name,
      databaseInstanceToken: 'x',
      options: {},
      devMode: false,
    });
    open.push(store);
    expect((await store.readAll()).filter(({ key }) => key === 'keys')).toHaveLength(1);
    const [one, two] = await Promise.all(tabs.map(async (tab) => (await encryptionOf(tab)).slots()));
    expect(one).toEqual(two);
  });
});

it.each<[string, unknown]>([
  ['too short', 'seven 7'],
  ['too long', 'x'.repeat(4_097)],
  ['a key of the wrong size', new Uint8Array(31)],
  ['a number', 12_345_678],
  ['an array of 32 numbers', Array.from({ length: 32 }, () => 1)],
])('what is no password is refused, without being quoted: %s', async (_, password) => {
  const failed = await openDatabase({ disk: STORAGES.memory(), name: freshName(), password }).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({ code: 'PASSWORD_INVALID' });
  expect(String(failed)).not.toContain(String(password));
});
