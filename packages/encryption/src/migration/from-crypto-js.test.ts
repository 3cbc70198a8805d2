import { addRxPlugin, createRxDatabase, INTERNAL_STORE_SCHEMA } from 'rxdb';
import { RxDBAttachmentsPlugin } from 'rxdb/plugins/attachments';
import { wrappedKeyEncryptionCryptoJsStorage } from 'rxdb/plugins/encryption-crypto-js';
import { afterEach, describe, expect, it } from 'vitest';
import { createRecoveryKey } from '../encryption.ts';
import {
  type AnyStorage,
  freshName,
  NOTES,
  type NotesDatabase,
  openNotes,
  openRaw,
  overwriteRaw,
  rawRows,
  STORAGES,
} from '../testing/databases.ts';
import { createDyingDisk } from '../testing/dying-disk.ts';
import { migrateFromCryptoJs } from './from-crypto-js.ts';

addRxPlugin(RxDBAttachmentsPlugin);

const OLD = 'the old password';
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const database of open.splice(0)) await database.close();
});

const cryptoJs = (disk: AnyStorage): AnyStorage => wrappedKeyEncryptionCryptoJsStorage({ storage: disk });

const FULL = {
  id: 'a',
  title: 't',
  secret: 'a secret, ümlauts too',
  nested: { open: 'seen', hidden: { deep: 'hidden' } },
  list: ['x'],
};

/** As an application with RxDB's plugin left it. */
async function fill(disk: AnyStorage, name: string): Promise<void> {
  const database = await createRxDatabase({ name, storage: cryptoJs(disk), password: OLD });
  await database.addCollections({
    notes: { schema: NOTES },
    open: { schema: { ...NOTES, encrypted: [], attachments: {} } },
  });
  const { notes } = database as unknown as NotesDatabase;
  const note = await notes.insert(FULL);
  await note.putAttachment({ id: 'file', type: 'text/plain', data: new Blob(['attached']) });
  await notes.bulkInsert(['b', 'c', 'd'].map((id) => ({ id, title: 't', secret: `secret ${id}` })));
  await notes.findOne('d').remove();
  await database.close();
}

async function expectMoved(disk: AnyStorage, name: string, password: unknown): Promise<void> {
  const database = await openNotes({ disk, name, password });
  open.push(database);
  const found = await database.notes.find().exec();
  expect(found.map(({ secret }) => secret)).toEqual([FULL.secret, 'secret b', 'secret c']);
  expect(found[0]?.toJSON()).toEqual(FULL);
  const file = found[0]?.getAttachment('file');
  expect([file?.type, file?.length, await file?.getStringData()]).toEqual(['text/plain', 8, 'attached']);
  await open.pop()?.close();
}

async function stored(disk: AnyStorage, name: string) {
  const raw = await openRaw(disk, name);
  const rows = await rawRows(raw);
  await raw.close();
  return rows;
}

describe.each(Object.entries(STORAGES))('from crypto-js on %s', (_, disk) => {
  it('moves documents, attachments and tombstones in place, and erases the hash of the password', async () => {
    const [storage, name, password] = [disk(), freshName(), createRecoveryKey()];
    await fill(storage, name);
    const before = await stored(storage, name);
    const options = { name, storage, from: cryptoJs(storage), oldPassword: OLD, password };
    await expect(migrateFromCryptoJs({ ...options, oldPassword: 'another password' })).rejects.toMatchObject({
      code: 'WRONG_PASSWORD',
    });
    expect(await stored(storage, name)).toEqual(before);
    expect(await migrateFromCryptoJs(options)).toEqual({ documents: 4, unreadable: [] });
    expect(await migrateFromCryptoJs(options)).toEqual({ documents: 0, unreadable: [] });
    const seen = (rows: typeof before) => rows.map((row) => [row['id'], row._rev, row._meta, row._deleted]);
    expect(seen(await stored(storage, name))).toEqual(seen(before));
    const internal = await openRaw(storage, name, '_rxdb_internal', INTERNAL_STORE_SCHEMA as never);
    expect(JSON.stringify(await rawRows(internal))).not.toContain('passwordHash');
    await internal.close();
    await expectMoved(storage, name, password);
  });

  it('leaves what the old plugin cannot read as it is, and says which', async () => {
    const [storage, name, password] = [disk(), freshName(), createRecoveryKey()];
    await fill(storage, name);
    const raw = await openRaw(storage, name);
    const row = (await rawRows(raw)).find(({ id }) => id === 'b');
    if (row === undefined) throw new Error('not stored');
    await overwriteRaw(raw, row, { ...row, secret: 'not what it was' });
    await raw.close();
    const result = await migrateFromCryptoJs({ name, storage, from: cryptoJs(storage), oldPassword: OLD, password });
    expect(result).toEqual({ documents: 3, unreadable: [{ collection: 'notes', document: 'b' }] });
    const database = await openNotes({ disk: storage, name, password });
    open.push(database);
    expect((await database.notes.find().exec()).map(({ id }) => id)).toEqual(['a', 'c']);
  });
});

it('can be interrupted at any write', async () => {
  for (let write = 1; ; write++) {
    const [disk, name, password] = [STORAGES.memory(), freshName(), createRecoveryKey()];
    await fill(disk, name);
    const process = createDyingDisk(disk);
    process.dieAt(write, write % 2 === 0 ? 'before' : 'after');
    const dying = { name, storage: process.disk, from: cryptoJs(process.disk), oldPassword: OLD, password };
    const failed = await migrateFromCryptoJs(dying).then(
      () => false,
      () => true,
    );
    expect(failed).toBe(process.dead);
    await migrateFromCryptoJs({ ...dying, storage: disk, from: cryptoJs(disk) });
    await expectMoved(disk, name, password);
    // Keys, one instance, four documents, the hash.
    if (!process.dead) return expect(write).toBe(8);
  }
});
