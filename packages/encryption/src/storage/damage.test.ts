/** Damage to what is stored: found, named, and without effect on anything else. */
import type { RxStorageInstance } from 'rxdb';
import { afterEach, describe, expect, it } from 'vitest';
import { fromBase64, toBase64 } from '../cipher/bytes.ts';
import { createRecoveryKey, encryptionOf } from '../encryption.ts';
import { EncryptionError } from '../errors.ts';
import { createKeyLocks } from '../keys/key-locks.ts';
import { openKeyStore } from '../keys/key-store.ts';
import { openVault } from '../keys/vault.ts';
import {
  freshName,
  type NotesDatabase,
  openNotes,
  openRaw,
  overwriteRaw,
  type RawInstance,
  rawRows,
  STORAGES,
} from '../testing/databases.ts';
import { createDice, type Dice, MUTATIONS, mutate } from '../testing/mutations.ts';
import type { PlainDocument } from './document-codec.ts';
import type { Json } from './encrypted-paths.ts';

/** 10,000 in all in the full run of `npm test`, 2,500 otherwise. */
const TOTAL = 50 * Math.min(200, Number(process.env['SIM_SEEDS']));

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const database of open.splice(0)) await database.close();
});
async function opened(options: Parameters<typeof openNotes>[0]): Promise<NotesDatabase> {
  const database = await openNotes(options);
  open.push(database);
  return database;
}

type Instance = RxStorageInstance<Json, unknown, unknown>;

async function failure(work: Promise<unknown>): Promise<unknown> {
  try {
    return { returned: await work };
  } catch (error) {
    return error;
  }
}

const MORE = { digest: 'x', length: 1, type: 'y', data: new Blob(['x']) };

const sealedOf = (row: PlainDocument): string => String(row['_sealed']);

/** Other things than text, or nothing, where a sealed value was; or another revision around it. */
function misplace(row: PlainDocument, dice: Dice): PlainDocument {
  const { _sealed, ...bare } = row as PlainDocument & Json;
  const around = { ...bare, _sealed } as PlainDocument;
  switch (dice.next(7)) {
    case 0:
      return bare as PlainDocument;
    case 1:
      return { ...around, _sealed: [null, 5, true, {}, [], ''][dice.next(6)] };
    case 2:
      return { ...around, _rev: `${dice.next(9) + 2}-other` };
    case 3:
      return { ...around, _deleted: true };
    case 4:
      return { ...around, _meta: { lwt: row._meta.lwt + 1 + dice.next(99) } };
    case 5:
      return { ...around, _sealed: `${String(_sealed).slice(0, -2)} ${String(_sealed).slice(-1)}` };
    default:
      return { ...around, _attachments: { ...row._attachments, more: MORE } };
  }
}

describe('seeded damage', () => {
  it(`${0.7 * TOTAL} times to documents`, async () => {
    const place = { disk: STORAGES.memory(), name: freshName(), password: createRecoveryKey() };
    const { notes } = await opened(place);
    const raw = await openRaw(place.disk, place.name);
    open.push(raw);
    const victim = await notes.insert({ id: 'victim', title: 't', secret: 'first', nested: { hidden: 'x' } });
    const [old] = await rawRows(raw);
    await victim.patch({ secret: 'second' });
    await notes.insert({ id: 'other', title: 't', secret: 'another' });
    const rows = new Map((await rawRows(raw)).map((row) => [row['id'], row]));
    const [whole, other] = [rows.get('victim'), rows.get('other')];
    if (whole === undefined || other === undefined || old === undefined) throw new Error('not stored');
    const others = [old, other].map((row) => fromBase64(sealedOf(row)) ?? new Uint8Array());
    const storage = notes.internalStorageInstance as unknown as Instance;
    const kinds = new Map<string, number>();
    for (let seed = 0; seed < 0.7 * TOTAL; seed++) {
      const dice = createDice(seed);
      const mutation = MUTATIONS[seed % MUTATIONS.length] ?? 'flip';
      const sealed = toBase64(mutate(fromBase64(sealedOf(whole)) ?? new Uint8Array(), others, mutation, dice));
      const bad = seed % 9 === 0 ? misplace(whole, dice) : { ...whole, _sealed: sealed };
      if (seed % 9 !== 0) expect(sealed).not.toBe(whole['_sealed']);
      await overwriteRaw(raw, whole, bad);
      const error = await failure(storage.findDocumentsById(['victim'], true));
      expect(error, `seed ${seed}`).toBeInstanceOf(EncryptionError);
      expect(error, `seed ${seed}`).toMatchObject({ collection: 'notes', document: 'victim' });
      const { code, fields } = error as EncryptionError;
      expect(fields).toEqual(['secret', 'nested.hidden', 'list']);
      kinds.set(code, (kinds.get(code) ?? 0) + 1);
      if (seed % 100 === 0) {
        const all = await notes.find({ selector: { title: 't' } }).exec();
        expect(all.map(({ id }) => id)).toContain('other');
        await notes.upsert({ id: `new${seed}`, title: 'u', secret: 'well' });
      }
      await overwriteRaw(raw, bad, whole);
    }
    // Only values that name another key say so; nothing else is taken for that.
    expect([...kinds.keys()].sort()).toEqual(['KEY_UNKNOWN', 'VALUE_UNREADABLE']);
    expect((await storage.findDocumentsById(['victim'], true))[0]).toMatchObject({ secret: 'second' });
  }, 120_000);

  it(`${0.2 * TOTAL} times to attachments`, async () => {
    const place = { disk: STORAGES.memory(), name: freshName(), password: createRecoveryKey() };
    const { notes } = await opened(place);
    const note = await notes.insert({ id: 'a', title: 't', secret: 's' });
    for (const id of ['one', 'two']) {
      await note.getLatest().putAttachment({ id, type: 'text/plain', data: new Blob([`the text of ${id}`]) });
    }
    const raw = await openRaw(place.disk, place.name);
    open.push(raw);
    // The memory storage puts what was written in its place when it is read.
    await rawRows(raw);
    const held = heldAttachments(raw);
    const [one, two] = ['a||one', 'a||two'].map((key) => held.get(key)?.writeData);
    if (one === undefined || two === undefined) throw new Error('the storage keeps attachments elsewhere now');
    const [bytes, other] = await Promise.all(
      [one, two].map(async ({ data }) => new Uint8Array(await data.arrayBuffer())),
    );
    if (bytes === undefined || other === undefined) throw new Error('no data');
    const whole = one.data;
    const [first, second] = ['one', 'two'].map((id) => note.getLatest().getAttachment(id));
    for (let seed = 0; seed < 0.2 * TOTAL; seed++) {
      const mutation = MUTATIONS[seed % MUTATIONS.length] ?? 'flip';
      const bad = mutate(bytes, [other], mutation, createDice(seed));
      expect(Buffer.compare(bad, bytes)).not.toBe(0);
      one.data = new Blob([bad as Uint8Array<ArrayBuffer>]);
      const error = await failure(first?.getData() ?? Promise.resolve());
      expect(error, `seed ${seed}`).toBeInstanceOf(EncryptionError);
      expect(error, `seed ${seed}`).toMatchObject({ document: 'a', fields: ['_attachments.one'] });
      if (seed % 50 === 0) expect(await second?.getStringData()).toBe('the text of two');
    }
    one.data = whole;
    expect(await first?.getStringData()).toBe('the text of one');
  }, 120_000);

  it(`${0.1 * TOTAL} times to wrapped keys`, async () => {
    const place = { disk: STORAGES.memory(), name: freshName(), password: createRecoveryKey() };
    const second = createRecoveryKey();
    const first = await opened(place);
    const added = await (await encryptionOf(first)).addPassword(place.password, second);
    await open.pop()?.close();
    const params = {
      storage: place.disk,
      databaseName: place.name,
      databaseInstanceToken: 'x',
      options: {},
      devMode: false,
    };
    const store = await openKeyStore(params);
    open.push(store);
    const whole = (await store.read('keys'))?.text ?? '';
    const row = JSON.parse(whole) as { id: string; key: string; slots: Record<string, string> };
    const [mine] = Object.keys(row.slots).filter((id) => id !== added);
    if (mine === undefined) throw new Error('no slot');
    const decoded = (id: string): Uint8Array => fromBase64(row.slots[id] ?? '') ?? new Uint8Array();
    for (let seed = 0; seed < 0.1 * TOTAL; seed++) {
      const dice = createDice(seed);
      const mutation = MUTATIONS[seed % MUTATIONS.length] ?? 'flip';
      const bad = toBase64(mutate(decoded(mine), [decoded(added)], mutation, dice));
      expect(bad).not.toBe(row.slots[mine]);
      await store.write(
        'keys',
        JSON.stringify({ ...row, slots: { ...row.slots, [mine]: bad } }),
        await store.read('keys'),
      );
      const problems: EncryptionError[] = [];
      const deps = { store, locks: createKeyLocks(), onError: (error: EncryptionError) => problems.push(error) };
      const error = await failure(openVault(deps, place.password));
      expect(error, `seed ${seed}`).toMatchObject({ code: 'KEYS_UNREADABLE', got: `damaged slots ${mine}` });
      const vault = await openVault({ ...deps, store: { ...store, close: async () => undefined } }, second);
      expect(problems).toMatchObject([{ code: 'KEYS_UNREADABLE', got: `slot ${mine}` }]);
      await vault.close();
    }
    // The row around the slots.
    for (const change of [
      { id: toBase64(new Uint8Array(16)) },
      { id: 'x' },
      { key: '00' },
      { v: 2 },
      { slots: {} },
      { slots: 5 },
    ]) {
      await store.write('keys', JSON.stringify({ ...row, ...change }), await store.read('keys'));
      const error = await failure(openVault({ store, locks: createKeyLocks(), onError: () => undefined }, second));
      expect(error, JSON.stringify(change)).toMatchObject({ code: 'KEYS_UNREADABLE' });
    }
    await store.write('keys', 'not { json', await store.read('keys'));
    await expect(openNotes(place)).rejects.toMatchObject({ code: 'KEYS_UNREADABLE' });
    await store.write('keys', whole, await store.read('keys'));
    expect(await (await opened(place)).notes.find().exec()).toEqual([]);
  }, 120_000);
});

/** Where RxDB's memory storage keeps the data of attachments. */
function heldAttachments(raw: RawInstance): Map<string, { writeData: { data: Blob } }> {
  return (raw.internals as { attachments: Map<string, { writeData: { data: Blob } }> }).attachments;
}

describe.each(Object.entries(STORAGES))('a document that cannot be read, on %s', (_, newDisk) => {
  it('is reported, and stands in the way of nothing', async () => {
    const place = { disk: newDisk(), name: freshName(), password: createRecoveryKey() };
    const first = await opened(place);
    await first.notes.bulkInsert(['a', 'b', 'c'].map((id) => ({ id, title: 't', secret: `secret of ${id}` })));
    await open.pop()?.close();
    const raw = await openRaw(place.disk, place.name);
    open.push(raw);
    const row = (await rawRows(raw)).find(({ id }) => id === 'b');
    const other = (await rawRows(raw)).find(({ id }) => id === 'c');
    if (row === undefined || other === undefined) throw new Error('not stored');
    await overwriteRaw(raw, row, { ...row, _sealed: sealedOf(other) });

    const { notes, ...database } = await opened(place);
    const reported: unknown[] = [];
    (await encryptionOf(open[1] as NotesDatabase)).error$.subscribe((error) =>
      reported.push([error.code, error.document]),
    );
    expect((await notes.find().exec()).map(({ id }) => id)).toEqual(['a', 'c']);
    await expect(notes.findOne('b').exec()).rejects.toMatchObject({ code: 'VALUE_UNREADABLE', document: 'b' });
    const found = await notes.storageInstance.findDocumentsById(['a', 'b', 'c'], false);
    expect(found.map(({ id }) => id).sort()).toEqual(['a', 'c']);
    // Nobody writes over it by mistake; a write to others beside it goes through.
    await expect(notes.insert({ id: 'b', title: 't', secret: 'new' })).rejects.toMatchObject({ code: 'VD2' });
    await expect(notes.incrementalUpsert({ id: 'b', title: 't' })).rejects.toMatchObject({ document: 'b' });
    const { success, error } = await notes.bulkInsert(['b', 'd'].map((id) => ({ id, title: 't', secret: id })));
    expect([success.map(({ id }) => id), error.map(({ status }) => status)]).toEqual([['d'], [422]]);
    await notes.findOne('a').patch({ secret: 'changed' });
    expect((await notes.findOne('a').exec(true)).secret).toBe('changed');
    expect(reported).toEqual([['VALUE_UNREADABLE', 'b']]);
    expect(database).toBeDefined();
  });

  it('coming from another tab ends no change stream', async () => {
    const place = { disk: newDisk(), name: freshName(), password: createRecoveryKey() };
    const here = await opened(place);
    const there = await opened({ ...place, tab: true });
    const [seen, reported]: [string[], unknown[]] = [[], []];
    here.notes.$.subscribe(({ documentData }) => seen.push(documentData.secret ?? ''));
    (await encryptionOf(here)).error$.subscribe((error) => reported.push([error.code, error.document]));
    await there.notes.insert({ id: 'a', title: 't', secret: 'one' });
    await expect.poll(() => seen).toEqual(['one']);
    // A tab that stores nonsense: through the storage itself, as a broken version of the application would.
    const inner = await openRaw(place.disk, place.name, 'notes', undefined, true);
    open.push(inner);
    const [row] = await rawRows(inner);
    if (row === undefined) throw new Error('not stored');
    await overwriteRaw(inner, row, { ...row, _rev: '2-x' });
    await expect.poll(() => reported.length).toBeGreaterThan(0);
    await there.notes.insert({ id: 'b', title: 't', secret: 'two' });
    await here.notes.insert({ id: 'c', title: 't', secret: 'three' });
    await expect.poll(() => seen.toSorted()).toEqual(['one', 'three', 'two']);
    expect(reported).toEqual([['VALUE_UNREADABLE', 'a']]);
  });
});
