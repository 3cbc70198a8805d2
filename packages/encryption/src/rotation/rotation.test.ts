import { INTERNAL_STORAGE_NAME } from 'rxdb';
import { afterEach, describe, expect, it } from 'vitest';
import { deferred } from '../deferred.ts';
import { createRecoveryKey, encryptionOf } from '../encryption.ts';
import { openKeyStore } from '../keys/key-store.ts';
import { REENCRYPT_CONTEXT } from '../storage/change-events.ts';
import { keyOfStored } from '../storage/document-codec.ts';
import {
  type AnyStorage,
  freshName,
  type NotesDatabase,
  openDatabase,
  openNotes,
  openRaw,
  overwriteRaw,
  rawRows,
  STORAGES,
} from '../testing/databases.ts';
import { CRASH_MODES, createDyingDisk } from '../testing/dying-disk.ts';

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

/** More than two batches. */
const COUNT = 230;
const idOf = (i: number): string => `n${String(i).padStart(3, '0')}`;

async function fill({ notes }: NotesDatabase): Promise<void> {
  await notes.bulkInsert(Array.from({ length: COUNT }, (_, i) => ({ id: idOf(i), title: 't', secret: `secret ${i}` })));
  const note = await notes.findOne(idOf(1)).exec(true);
  await note.putAttachment({ id: 'file', type: 'text/plain', data: new Blob(['attached']) });
  await notes.findOne(idOf(2)).remove();
}

async function expectFull({ notes }: NotesDatabase): Promise<void> {
  const expected = Array.from({ length: COUNT }, (_, i) => i).filter((i) => i !== 2);
  expect((await notes.find().exec()).map(({ secret }) => secret)).toEqual(expected.map((i) => `secret ${i}`));
  const note = await notes.findOne(idOf(1)).exec(true);
  expect(await note.getAttachment('file')?.getStringData()).toBe('attached');
}

async function storedKeys(disk: AnyStorage, name: string): Promise<string[]> {
  const raw = await openRaw(disk, name);
  const keys = (await rawRows(raw)).map((row) => keyOfStored(row) ?? 'none');
  await raw.close();
  return [...new Set(keys)];
}

async function keyRow(disk: AnyStorage, name: string) {
  const params = { databaseName: name, databaseInstanceToken: `k${freshName()}`, options: {}, devMode: false };
  const store = await openKeyStore({ storage: disk, ...params });
  const stored = await store.read('keys');
  const put = async (text: string) => store.write('keys', text, await store.read('keys'));
  const row = JSON.parse(stored?.text ?? '{}') as { key: string; previous: string[]; slots: object };
  return { text: stored?.text ?? '', row, put, close: () => store.close() };
}

describe.each(Object.entries(STORAGES))('rotateKey on %s', (kind, newDisk) => {
  it('encrypts everything again, and nobody wrote', async () => {
    const [disk, name, password] = [newDisk(), freshName(), createRecoveryKey()];
    const database = await opened({ disk, name, password });
    await fill(database);
    const raw = await openRaw(disk, name);
    open.push(raw);
    const before = await rawRows(raw);
    const old = await keyRow(disk, name);
    const events: unknown[] = [];
    database.notes.$.subscribe((event) => events.push(event));
    const states: string[] = [];
    const encryption = await encryptionOf(database);
    encryption.rotation$.subscribe(({ status }) => states.push(status));

    await encryption.rotateKey({ secrets: [password] });

    const after = await rawRows(raw);
    const seen = (rows: typeof before) => rows.map((row) => [row['id'], row._rev, row._meta, row._deleted]);
    expect(seen(after)).toEqual(seen(before));
    expect(events).toEqual([]);
    expect([...new Set(states)]).toEqual(['idle', 'waiting', 'encrypting']);
    const now = await keyRow(disk, name);
    expect(now.row.previous).toEqual([]);
    expect(now.row.key).not.toBe(old.row.key);
    expect(await storedKeys(disk, name)).toEqual([now.row.key]);
    await expectFull(database);
    await database.notes.insert({ id: 'later', title: 't', secret: 'later' });
    await raw.close();
    open.splice(1, 1);
    await closeAll();
    await (await opened({ disk, name, password })).notes.findOne('later').exec(true);
    await closeAll();

    // An old copy of the keys with its password opens nothing of today.
    await now.put(old.text);
    const { notes } = await opened({ disk, name, password });
    expect(await notes.find().exec()).toEqual([]);
    await expect(notes.findOne('later').exec()).rejects.toMatchObject({ code: 'KEY_UNKNOWN' });
    await old.close();
    await now.close();
  });

  it('takes other tabs along: both read and write all the time', async () => {
    const [disk, name, password] = [newDisk(), freshName(), createRecoveryKey()];
    const here = await opened({ disk, name, password });
    await fill(here);
    const there = await opened({ disk, name, password, tab: true });
    const seen: (string | undefined)[] = [];
    here.notes.$.subscribe(({ documentData }) => seen.push(documentData.secret));
    const problems: unknown[] = [];
    for (const tab of [here, there]) (await encryptionOf(tab)).error$.subscribe((error) => problems.push(error));
    const rotating = (await encryptionOf(here)).rotateKey({ secrets: [password] });
    for (let i = 0; i < 40; i++) await there.notes.insert({ id: `there${i}`, title: 'new', secret: `there ${i}` });
    await rotating;
    await there.notes.findOne(idOf(3)).patch({ secret: 'changed' });
    await (await encryptionOf(there)).rotateKey({ secrets: [password] });
    await here.notes.insert({ id: 'here', title: 'new', secret: 'here' });
    await expect.poll(() => seen.length).toBe(42);
    expect((await there.notes.findOne('here').exec(true)).secret).toBe('here');
    expect(await there.notes.count({ selector: { title: 'new' } }).exec()).toBe(41);
    const { row, close } = await keyRow(disk, name);
    expect(await storedKeys(disk, name)).toEqual([row.key]);
    expect(problems).toEqual([]);
    await close();
  });

  it('loses no password unless told to', async () => {
    const [disk, name] = [newDisk(), freshName()];
    const [first, second] = [createRecoveryKey(), createRecoveryKey()];
    const encryption = await encryptionOf(await opened({ disk, name, password: first }));
    await encryption.addPassword(first, second);
    await expect(encryption.rotateKey({ secrets: [first] })).rejects.toMatchObject({ code: 'SLOTS_LEFT' });
    await expect(encryption.rotateKey({ secrets: [] })).rejects.toMatchObject({ code: 'SLOTS_LEFT' });
    const other = createRecoveryKey();
    await expect(encryption.rotateKey({ secrets: [first, other] })).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    await encryption.rotateKey({ secrets: [first, second] });
    expect(await encryption.slots()).toHaveLength(2);
    await encryption.rotateKey({ secrets: [second], removeOtherSlots: true });
    expect(await encryption.slots()).toHaveLength(1);
    await closeAll();
    await expect(openNotes({ disk, name, password: first })).rejects.toMatchObject({ code: 'WRONG_PASSWORD' });
    await opened({ disk, name, password: second });
  });

  it('goes on, with every other document, past one that cannot be read', async () => {
    const [disk, name, password] = [newDisk(), freshName(), createRecoveryKey()];
    const database = await opened({ disk, name, password });
    await fill(database);
    const raw = await openRaw(disk, name);
    open.push(raw);
    const row = (await rawRows(raw)).find(({ id }) => id === idOf(7));
    if (row === undefined) throw new Error('not stored');
    await overwriteRaw(raw, row, { ...row, _rev: '7-x' });
    const reported: unknown[] = [];
    const encryption = await encryptionOf(database);
    encryption.error$.subscribe(({ document }) => reported.push(document));
    await encryption.rotateKey({ secrets: [password] });
    expect(reported).toEqual([idOf(7)]);
    expect(await storedKeys(disk, name)).toHaveLength(2);
  });

  it('is interrupted by closing, and goes on when the database is opened again', async () => {
    const [disk, name, password] = [newDisk(), freshName(), createRecoveryKey()];
    const database = await opened({ disk: closedAtSecondBatch(disk, () => closeAll()), name, password });
    await fill(database);
    const encryption = await encryptionOf(database);
    await expect(encryption.rotateKey({ secrets: [password] })).rejects.toMatchObject({ code: 'CLOSED' });
    expect((await keyRowOf(disk, name)).previous).toHaveLength(1);
    await Promise.all(open.map((one) => one.close()));
    const again = await opened({ disk, name, password });
    await expectFull(again);
    await expect.poll(async () => (await keyRowOf(disk, name)).previous).toEqual([]);
    expect(await storedKeys(disk, name)).toEqual([(await keyRowOf(disk, name)).key]);
    await expectFull(again);
  });

  it.each(['changePassword', 'rotateKey'] as const)(
    'a crash at any write of %s loses nothing',
    async (what) => {
      let crashes = 0;
      // `amid` is `before` for a write of one row; the slower storage has its turn with that.
      const modes = kind === 'memory' ? CRASH_MODES : (['amid'] as const);
      for (const mode of modes) {
        for (let write = 1; ; write++) {
          const [disk, name] = [newDisk(), freshName()];
          const [before, after] = [createRecoveryKey(), createRecoveryKey()];
          const filled = await openNotes({ disk, name, password: before });
          await fill(filled);
          await filled.close();
          const process = createDyingDisk(disk);
          const dying = await openNotes({ disk: process.disk, name, password: before });
          const encryption = await encryptionOf(dying);
          process.dieAt(write, mode);
          const work =
            what === 'rotateKey'
              ? encryption.rotateKey({ secrets: [before] })
              : encryption.changePassword(before, after);
          const failed = await work.then(
            () => false,
            () => true,
          );
          // A dead process holds no locks.
          await dying.close().catch(() => undefined);
          expect(failed).toBe(process.dead);
          if (!process.dead) break;
          crashes++;
          const again = await openNotes({ disk, name, password: before }).catch(() =>
            openNotes({ disk, name, password: after }),
          );
          await expectFull(again);
          const { notes } = again;
          await notes.findOne(idOf(5)).patch({ secret: 'secret 5' });
          // What was interrupted has gone on by itself.
          await expect.poll(async () => (await keyRowOf(disk, name)).previous).toEqual([]);
          const { key } = await keyRowOf(disk, name);
          expect(await storedKeys(disk, name), `${what}, write ${write}, ${mode}`).toEqual([key]);
          await expectFull(again);
          await again.close();
        }
      }
      // changePassword is a single write; rotateKey: keys, three batches, keys.
      expect(crashes).toBe((what === 'changePassword' ? 1 : 5) * modes.length);
    },
    120_000,
  );
});

/** Closes in the middle of the second batch, which ends when the database has given its keys back. */
function closedAtSecondBatch(disk: AnyStorage, close: () => Promise<void>): AnyStorage {
  const closing = deferred<void>();
  let batches = 0;
  return {
    ...{ name: disk.name, rxdbVersion: disk.rxdbVersion },
    async createStorageInstance(params) {
      const instance = await disk.createStorageInstance(params);
      const write = instance.bulkWrite.bind(instance);
      const end = instance.close.bind(instance);
      instance.bulkWrite = async (rows, context) => {
        if (context === REENCRYPT_CONTEXT && ++batches === 2) {
          close().catch((error: unknown) => expect(error).toBeUndefined());
          await closing.promise;
        }
        return write(rows, context);
      };
      if (params.collectionName === INTERNAL_STORAGE_NAME) {
        instance.close = async () => {
          await end();
          setTimeout(closing.resolve, 0);
        };
      }
      return instance;
    },
  };
}

async function keyRowOf(disk: AnyStorage, name: string) {
  const { row, close } = await keyRow(disk, name);
  await close();
  return row;
}

it('collections that are not open are encrypted again too', async () => {
  const [disk, name, password] = [STORAGES.memory(), freshName(), createRecoveryKey()];
  await fill(await opened({ disk, name, password }));
  await closeAll();
  const database = await openDatabase({ disk, name, password });
  open.push(database);
  await (await encryptionOf(database)).rotateKey({ secrets: [password] });
  expect(await storedKeys(disk, name)).toEqual([(await keyRowOf(disk, name)).key]);
});
