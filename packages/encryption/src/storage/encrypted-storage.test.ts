import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { wrappedKeyCompressionStorage } from 'rxdb/plugins/key-compression';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { afterEach, describe, expect, it } from 'vitest';
import { createRecoveryKey, encryptionOf } from '../encryption.ts';
import {
  freshName,
  NOTES,
  type Note,
  type NotesDatabase,
  openDatabase,
  openNotes,
  openRaw,
  rawRows,
  STORAGES,
} from '../testing/databases.ts';

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const database of open.splice(0)) await database.close();
});
async function opened(options: Parameters<typeof openNotes>[0]): Promise<NotesDatabase> {
  const database = await openNotes(options);
  open.push(database);
  return database;
}

const FULL = {
  id: 'a',
  title: 'open title',
  secret: 'a secret with ümlauts, 🙈 and \ud800 a lone surrogate',
  rank: 1,
  nested: { open: 'seen', hidden: { deep: 'hidden' } },
  list: ['one', 'two'],
};

describe.each(Object.entries(STORAGES))('encryptedStorage on %s', (_, newDisk) => {
  const fresh = () => ({ disk: newDisk(), name: freshName(), password: createRecoveryKey() });

  it('gives back what was written, also when it is opened again', async () => {
    const place = fresh();
    const first = await opened(place);
    await first.notes.insert(FULL);
    expect((await first.notes.findOne('a').exec(true)).toJSON()).toEqual(FULL);
    await first.close();
    const again = await opened(place);
    expect((await again.notes.findOne('a').exec(true)).toJSON()).toEqual(FULL);
    expect((await again.notes.find({ selector: { title: 'open title' } }).exec()).length).toBe(1);
    expect(await again.notes.count({ selector: { title: 'open title' } }).exec()).toBe(1);
  });

  it('stores nothing of the encrypted fields in plain, and the same value never twice alike', async () => {
    const place = fresh();
    const { notes } = await opened(place);
    await notes.bulkInsert([FULL, { ...FULL, id: 'b' }, { id: 'c', title: 'nothing secret' }]);
    const raw = await openRaw(place.disk, place.name);
    open.push(raw);
    const rows = await rawRows(raw);
    expect(rows.map((row) => [row['id'], row['title'], row['rank'], row['nested']])).toEqual([
      ['a', 'open title', 1, { open: 'seen' }],
      ['b', 'open title', 1, { open: 'seen' }],
      ['c', 'nothing secret', undefined, undefined],
    ]);
    const sealed = rows.map((row) => row['_sealed'] as string);
    expect(new Set(sealed.map((text) => text.slice(16))).size).toBe(3);
    for (const text of ['ümlauts', 'hidden', 'one', 'two']) expect(JSON.stringify(rows)).not.toContain(text);
  });

  it('updates, conflicts, deletes and re-inserts like any storage', async () => {
    const { notes } = await opened(fresh());
    const events: unknown[] = [];
    const heard = notes.$.subscribe(({ operation, documentData, previousDocumentData }) =>
      events.push([operation, documentData.secret, previousDocumentData?.secret]),
    );
    const note = await notes.insert({ id: 'a', title: 't', secret: 's1' });
    await note.incrementalPatch({ secret: 's2' });
    await note.incrementalModify((data) => ({ ...data, secret: `${data.secret}+` }));
    await note.getLatest().update({ $set: { nested: { hidden: 'h' } } });
    await expect(notes.insert({ id: 'a', title: 't', secret: 'other' })).rejects.toMatchObject({ code: 'CONFLICT' });
    await notes.incrementalUpsert({ id: 'a', title: 't', secret: 's3' });
    expect((await notes.findOne('a').exec(true)).toJSON()).toEqual({ id: 'a', title: 't', secret: 's3' });
    await notes.findOne('a').remove();
    expect(await notes.findOne('a').exec()).toBeNull();
    await notes.insert({ id: 'a', title: 't', secret: 's4' });
    expect(events).toEqual([
      ['INSERT', 's1', undefined],
      ['UPDATE', 's2', 's1'],
      ['UPDATE', 's2+', 's2'],
      ['UPDATE', 's2+', 's2+'],
      ['UPDATE', 's3', 's2+'],
      ['DELETE', 's3', 's3'],
      ['INSERT', 's4', undefined],
    ]);
    heard.unsubscribe();
    // Writes that several tabs make on the same revision: one wins, the others try again on what it wrote.
    await Promise.all(
      ['x', 'y', 'z'].map((end) => notes.findOne('a').incrementalModify((d) => ({ ...d, secret: d.secret + end }))),
    );
    expect([...((await notes.findOne('a').exec(true)).secret ?? '')].sort().join('')).toBe('4sxyz');
  });

  it('refuses queries on encrypted fields', async () => {
    const queries: [string, object][] = [
      ['a field', { selector: { secret: 'x' } }],
      ['an operator', { selector: { secret: { $exists: false } } }],
      ['inside $or', { selector: { $or: [{ title: 'x' }, { $and: [{ list: { $size: 2 } }] }] } }],
      ['inside $not and $elemMatch', { selector: { list: { $not: { $elemMatch: { $eq: 'x' } } } } }],
      ['a nested path', { selector: { 'nested.hidden': 'x' } }],
      ['below it', { selector: { 'nested.hidden.deep': { $regex: 'x' } } }],
      ['the object around it', { selector: { nested: { open: 'x' } } }],
      ['sorting', { selector: { title: { $gt: '' } }, sort: [{ secret: 'asc' }] }],
    ];
    const { notes } = await opened(fresh());
    await notes.insert(FULL);
    const refused = expect.objectContaining({ code: 'QUERY_ENCRYPTED_FIELD', collection: 'notes' });
    for (const [what, query] of queries) {
      await expect(notes.find(query as never).exec(), what).rejects.toEqual(refused);
      if (!('sort' in query)) await expect(notes.count(query as never).exec(), what).rejects.toEqual(refused);
      // And everything else goes on.
      expect(await notes.find({ selector: { title: 'open title' } }).exec()).toHaveLength(1);
    }
    await notes.insert({ id: 'later', title: 'later' });
    expect(await notes.find().exec()).toHaveLength(2);
  });

  it('encrypts attachments, their types, lengths and digests', async () => {
    const place = fresh();
    const { notes } = await opened(place);
    const note = await notes.insert(FULL);
    const data = new Blob(['attached text'], { type: 'text/plain' });
    const attached = await note.putAttachment({ id: 'file', type: 'text/plain', data });
    expect(await attached.getStringData()).toBe('attached text');
    await note.getLatest().putAttachment({ id: 'other', type: 'image/png', data: new Blob(['other']) });
    await note.getLatest().incrementalPatch({ secret: 'changed' });
    await open.pop()?.close();

    const raw = await openRaw(place.disk, place.name);
    const [row] = await rawRows(raw);
    expect(JSON.stringify(row)).not.toContain(attached.digest);
    expect(JSON.stringify(row)).not.toContain('text/plain');
    const blob = await raw.getAttachmentData('a', 'file', row?._attachments['file']?.digest ?? '');
    expect(await blob.text()).not.toContain('attached');
    await raw.close();

    const again = await opened(place);
    const found = await again.notes.findOne('a').exec(true);
    const file = found.getAttachment('file');
    expect([file?.type, file?.length, file?.digest]).toEqual(['text/plain', 13, attached.digest]);
    expect(await file?.getStringData()).toBe('attached text');
    expect(found.secret).toBe('changed');
    await found.putAttachment({ id: 'file', type: 'text/plain', data: new Blob(['replaced']) });
    expect(await found.getLatest().getAttachment('file')?.getStringData()).toBe('replaced');
    await found.getLatest().getAttachment('file')?.remove();
    expect(
      found
        .getLatest()
        .allAttachments()
        .map(({ id }) => id),
    ).toEqual(['other']);
    await found.getLatest().remove();
    expect(await again.notes.find().exec()).toEqual([]);
  });

  it('tells other tabs, decrypted, with what was there before', async () => {
    const place = fresh();
    const here = await opened(place);
    const there = await opened({ ...place, tab: true });
    const seen: unknown[] = [];
    there.notes.$.subscribe(({ documentData, previousDocumentData }) =>
      seen.push([documentData.secret, previousDocumentData?.secret]),
    );
    const titles = there.notes.find({ selector: { title: 'open title' } });
    await titles.exec();
    const note = await here.notes.insert(FULL);
    // One after the other: between tabs RxDB does not promise an order, and its queries go by the order that they see.
    await expect.poll(() => seen).toEqual([[FULL.secret, undefined]]);
    await note.incrementalPatch({ secret: 'two' });
    await expect.poll(() => seen.slice(1)).toEqual([['two', FULL.secret]]);
    await expect.poll(async () => (await titles.exec()).map(({ secret }) => secret)).toEqual(['two']);
    await there.notes.findOne('a').patch({ secret: 'three' });
    await expect.poll(() => note.getLatest().secret).toBe('three');
  });

  it('cleans up deleted documents', async () => {
    const place = fresh();
    const { notes } = await opened(place);
    await notes.bulkInsert([FULL, { id: 'b', title: 'stays', secret: 'kept' }]);
    await notes.findOne('a').remove();
    // Dexie removes what was deleted before now, not in the same millisecond.
    await expect
      .poll(async () => {
        await notes.cleanup(0);
        const raw = await openRaw(place.disk, place.name);
        const ids = (await rawRows(raw)).map((row) => row['id']);
        await raw.close();
        return ids;
      })
      .toEqual(['b']);
    expect((await notes.find().exec()).map(({ secret }) => secret)).toEqual(['kept']);
  });

  it('migrates schemas: to encryption, to other encrypted fields, and out of it', async () => {
    const place = fresh();
    const plainSchema = { ...NOTES, encrypted: [], attachments: {} };
    const first = await opened({ ...place, schema: plainSchema });
    const inserted = await first.notes.insert(FULL);
    await inserted.putAttachment({ id: 'file', type: 'text/plain', data: new Blob(['kept']) });
    await first.close();
    const versions = [
      { ...NOTES, version: 1 },
      { ...NOTES, version: 2, encrypted: ['secret', 'rank', 'nested.hidden'] },
      { ...plainSchema, version: 3 },
    ];
    for (const schema of versions) {
      const database = await openDatabase(place);
      const keep = (old: Note): Note => ({ ...old, secret: `${old.secret}${schema.version}` });
      const migrationStrategies = Object.fromEntries(versions.map(({ version }) => [version, keep]));
      const { notes } = await database.addCollections({ notes: { schema, migrationStrategies } });
      const note = await notes.findOne('a').exec(true);
      const steps = Array.from({ length: schema.version }, (_, i) => i + 1).join('');
      expect(note.toJSON()).toEqual({ ...FULL, secret: FULL.secret + steps });
      expect(await note.getAttachment('file')?.getStringData()).toBe('kept');
      await database.close();
      if (schema.version === 3) continue;
      const raw = await openRaw(place.disk, place.name, 'notes', schema as typeof NOTES);
      expect(JSON.stringify(await rawRows(raw))).not.toContain('secret with');
      await raw.close();
    }
  });

  it('removes keys with the database: a new one may have another password', async () => {
    const place = fresh();
    const first = await openNotes(place);
    await first.notes.insert(FULL);
    await first.remove();
    const { notes } = await opened({ ...place, password: createRecoveryKey() });
    expect(await notes.find().exec()).toEqual([]);
  });

  it('needs a password, and knows a schema that would leak', async () => {
    const place = fresh();
    const nothing = await openDatabase({ ...place, password: undefined });
    open.push(nothing);
    await expect(nothing.addCollections({ notes: { schema: NOTES } })).rejects.toMatchObject({
      code: 'PASSWORD_REQUIRED',
    });
    await expect(encryptionOf(nothing)).rejects.toMatchObject({ code: 'NOT_ENCRYPTED' });
    await open.pop()?.close();
    const database = await openDatabase(place);
    open.push(database);
    const wrong: Partial<typeof NOTES>[] = [
      { encrypted: ['id'] },
      { encrypted: ['title'] },
      { encrypted: ['secert' as 'secret'] },
      { encrypted: ['nested.hiden' as 'secret'] },
    ];
    for (const [i, change] of wrong.entries()) {
      // RxDB remembers the schema of a collection also when its storage refuses it.
      const schema = { ...NOTES, ...change };
      await expect(database.addCollections({ [`notes${i}`]: { schema } })).rejects.toMatchObject({
        ...{ code: 'SCHEMA_UNSUPPORTED', collection: `notes${i}`, fields: change.encrypted },
      });
    }
  });
});

describe('with RxDB’s dev-mode and validation around it, and key compression inside', () => {
  it.each(Object.entries(STORAGES))('%s', async (_, newDisk) => {
    const { addRxPlugin } = await import('rxdb');
    disableWarnings();
    addRxPlugin(RxDBDevModePlugin);
    const disk = wrappedKeyCompressionStorage({ storage: newDisk() }) as never;
    const place = { disk, name: freshName(), password: createRecoveryKey() };
    const schema = { ...NOTES, keyCompression: true } as typeof NOTES;
    const wrap: NonNullable<Parameters<typeof openNotes>[0]['wrap']> = (storage) =>
      wrappedValidateAjvStorage({ storage }) as never;
    const { notes } = await opened({ ...place, schema, wrap });
    await notes.insert(FULL);
    await notes.findOne('a').incrementalPatch({ secret: 'two' });
    await expect(notes.insert({ id: 'b', title: 5 as never })).rejects.toMatchObject({ code: 'VD2' });
    await open.pop()?.close();
    const again = await opened({ ...place, schema, wrap });
    expect((await again.notes.findOne('a').exec(true)).toJSON()).toEqual({ ...FULL, secret: 'two' });
    expect(await encryptionOf(again)).toBeDefined();
  });
});
