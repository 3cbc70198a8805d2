import { type Frame, hashVector, type Version } from '@rxdb-p2p/protocol';
import { createRogue, type Rogue, type RogueOffer, type Victim } from '@rxdb-p2p/testkit/hostile';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase, type RxJsonSchema } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryNetwork, type P2PError, type P2PPool, type QuarantinedVersion, RxDBP2PPlugin } from '../index.ts';
import { hashSchema } from '../replica/schema.ts';

addRxPlugin(RxDBP2PPlugin);

interface Item {
  id: string;
  text?: string;
  tags?: string[];
  free?: object;
}

const schema: RxJsonSchema<Item> = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: {
    id: { type: 'string', maxLength: 40 },
    text: { type: 'string' },
    tags: { type: 'array', uniqueItems: true, items: { type: 'string', pattern: '^(a+)+$' } },
    free: { type: 'object', additionalProperties: true },
  },
  required: ['id'],
};

const AUTHOR = 'rogue-----------';

const nested = (depth: number): string => `{"id":"deep","free":${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}}`;

/** Bodies that nobody may show, with the reason; each comes under the id `bad<index>` unless it names another. */
const BAD: readonly (readonly [body: string | undefined, reason: string])[] = [
  ['{"id":"bad0","text":5}', 'SCHEMA'],
  ['{"id":"bad1","extra":true}', 'SCHEMA'],
  ['{"id":"somebody else"}', 'PRIMARY_KEY_DIFFERS'],
  ['{"text":"no key"}', 'PRIMARY_KEY_DIFFERS'],
  ['{"id":["bad4"]}', 'PRIMARY_KEY_DIFFERS'],
  ['{"id":"bad5","__proto__":{"polluted":true}}', 'UNSAFE_KEY'],
  ['{"id":"bad6","free":{"a":[{"__proto__":{"polluted":true}}]}}', 'UNSAFE_KEY'],
  ['{"id":"bad7","constructor":{"prototype":{"polluted":true}}}', 'SCHEMA'],
  ['{"id":"bad8","\\ud800":1}', 'UNSAFE_KEY'],
  [nested(100_000), 'TOO_DEEP'],
  [`{"id":"bad10","free":${'['.repeat(4_000_000)}`, 'TOO_DEEP'],
  ['{"id":"bad11","free":{"n":1e999}}', 'NUMBER_OUT_OF_RANGE'],
  ['{"id":"bad12"', 'NOT_JSON'],
  ['[]', 'NOT_AN_OBJECT'],
  ['"bad14"', 'NOT_AN_OBJECT'],
  ['{"id":"bad15","_rev":"9-x"}', 'RESERVED_FIELD'],
  ['{"id":"bad16","_meta":{"lwt":1}}', 'RESERVED_FIELD'],
  [undefined, 'TOO_LARGE'],
  [`{"id":"bad18","tags":${JSON.stringify(Array.from({ length: 200_000 }, (_, i) => 'a'.repeat(i % 7)))}}`, 'SCHEMA'],
  [`{"id":"bad19","free":{"${'k'.repeat(5_000)}":1}}`, 'UNSAFE_KEY'],
  [`{"id":"bad20","tags":["${'a'.repeat(40_000)}!"]}`, 'SCHEMA'],
  [`{"id":"bad21${'x'.repeat(40)}"}`, 'PRIMARY_KEY_DIFFERS'],
];

/** Documents that look odd and are fine. */
const GOOD: readonly string[] = [
  '{"id":"good0","text":"milk"}',
  '{"id":"good1","free":{"constructor":1,"toString":{},"hasOwnProperty":null,"valueOf":[]}}',
  '{"id":"good2","text":"half a pair: \\ud800"}',
  '{"id":"good3","free":{"n":12345678901234567890,"m":1e308,"z":-0.5}}',
  '{"id":"good4","text":"first","text":"second"}',
  '{"text":"key last","id":"good5"}',
  '{"id":"good6","free":{"":{"$ne":null,"a.b":1,"|x":2,"_rev":"nested"}}}',
  '{"id":"good7","tags":["a","aa","aaa"]}',
];

/** Bad and good ones in turn, each good one several times, as one author's writes 1, 2, 3 … */
function hostileBatch(): Version[] {
  const bodies = BAD.flatMap(([body], i): (readonly [string, string | undefined])[] => {
    const good = GOOD[i % GOOD.length] ?? '';
    const suffix = `${i}`;
    const named = good.replace(/"id":"(good\d)"/, `"id":"$1-${suffix}"`);
    return [
      [/"id":"([^"]+)"/.exec(named)?.[1] ?? '', named],
      [`bad${i}`, body],
    ];
  });
  return bodies.map(([id, body], i) => ({
    id,
    head: { actor: AUTHOR, seq: i + 1, time: 1_000 + i, past: [], deleted: false, clocks: [] },
    ...(body === undefined ? { body, hash: 'AAECAwQFBgc' } : { body }),
  }));
}

describe('what cannot be shown', () => {
  let databases: RxDatabase[] = [];
  let rogues: Rogue[] = [];
  let count = 0;
  afterEach(async () => {
    for (const rogue of rogues) await rogue.close();
    for (const database of databases) await database.close();
    databases = [];
    rogues = [];
  });

  const network = createMemoryNetwork({ mayLink: (a, b) => [a, b].sort().join() !== 'b,rogue' });

  async function open(name: string, storageName?: string): Promise<{ items: RxCollection<Item>; pool: P2PPool<Item> }> {
    const database = await createRxDatabase({
      name: storageName ?? `quarantine-${process.pid}-${++count}`,
      storage: getRxStorageMemory(),
      multiInstance: false,
    });
    databases.push(database);
    const { items } = await database.addCollections({ items: { schema } });
    const pool = await items.syncP2P('family', { transport: network.factory(name) });
    return { items: items as RxCollection<Item>, pool: pool as P2PPool<Item> };
  }

  function offerOf(items: RxCollection<Item>): RogueOffer {
    const schemaHash = hashSchema(items.schema.jsonSchema as unknown as Record<string, unknown>);
    const agreed = { schemaVersion: 0, schemaHash, mergeMode: 'fields', sends: true, receives: true };
    return { collection: 'items', ...agreed };
  }

  /** A member of the pool that has these versions, and gives them to whoever asks. */
  function serve(items: RxCollection<Item>, versions: readonly Version[]): void {
    const vector = new Map([[AUTHOR, versions.length]]);
    const onOpen = ({ send, channel }: Victim): void =>
      send({ type: 'have', channel, form: 'whole', entries: vector, hash: hashVector(vector), pushedBytes: 0 });
    const onFrame = ({ send, channel }: Victim, frame: Frame): void => {
      if (frame.type !== 'want') return;
      // Nine versions a frame, and the claim with the last: what is bad stands in the middle of batches.
      for (let i = 0; i < versions.length; i += 9) {
        const last = i + 9 >= versions.length;
        const part = versions.slice(i, i + 9);
        const claim = last ? vector : null;
        send({ type: 'entries', channel, want: frame.want, versions: part, cursor: null, claim, remaining: 0 });
      }
    };
    rogues.push(
      createRogue({ factory: network.factory('rogue'), topic: 'family', offer: offerOf(items), onOpen, onFrame }),
    );
  }

  async function listed(pool: P2PPool<Item>, limit = 5): Promise<QuarantinedVersion[]> {
    const all: QuarantinedVersion[] = [];
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: Awaited<ReturnType<typeof pool.quarantine>> = await pool.quarantine({ after, limit });
      expect(page.versions.length).toBeLessThanOrEqual(limit);
      all.push(...page.versions);
      after = page.next;
    }
    return all;
  }

  it('[REP-8] is kept aside with a reason, reported, and passed on; everything else arrives, and vectors go on', async () => {
    const a = await open('a');
    const errors: P2PError[] = [];
    a.pool.error$.subscribe((error) => errors.push(error));
    const versions = hostileBatch();
    serve(a.items, versions);
    const good = versions.filter(({ id }) => id.startsWith('good'));
    // It says nothing of what it holds as a whole, so nobody is in sync with it.
    const { replica } = await a.pool.awaitFirstPeer();
    const received = async () => (await firstValueFrom(a.pool.peerStates$)).get(replica);
    await expect.poll(received).toMatchObject({ phase: 'catching-up', documentsToSend: 0, documentsToReceive: 0 });
    await expect.poll(async () => (await a.items.find().exec()).length).toBe(good.length);
    const shown = (await a.items.find().exec()).map((document) => document.toMutableJSON());
    expect(shown.length).toBe(good.length);
    for (const { id, body } of good) expect(shown).toContainEqual({ ...JSON.parse(body ?? ''), id });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();

    const aside = await listed(a.pool);
    const reasons = Object.fromEntries(aside.map(({ id, reason }) => [id, reason]));
    expect(reasons).toEqual(Object.fromEntries(BAD.map(([, reason], i) => [`bad${i}`, reason])));
    for (const { id, seq, actor, content, bytes, text } of aside) {
      const { body } = versions[seq - 1] as Version;
      expect([actor, id, content]).toEqual([AUTHOR, versions[seq - 1]?.id, body]);
      if (body !== undefined) expect(bytes).toBe(Buffer.byteLength(body));
      expect(text.length).toBeGreaterThan(0);
    }
    expect(errors.filter(({ code }) => code === 'VERSION_QUARANTINED').length).toBeGreaterThan(0);
    expect(errors.every(({ code }) => code === 'VERSION_QUARANTINED')).toBe(true);
    await expect.poll(async () => (await currentStatus(a.pool)).quarantined).toBe(BAD.length);

    // Somebody who never met the author comes to the same.
    const b = await open('b');
    await b.pool.inSync();
    const bShown = (await b.items.find().exec()).map((document) => document.toMutableJSON());
    expect(bShown).toEqual(shown);
    const strip = (list: readonly QuarantinedVersion[]): unknown[] =>
      list.map(({ id, reason, content, actor, seq }) => [id, reason, content, actor, seq]).sort();
    expect(strip(await listed(b.pool, 100))).toEqual(strip(aside));
  });

  it('[REP-20] is let go by a write that supersedes it everywhere: as shown, corrected, or deleted', async () => {
    const a = await open('a');
    const b = await open('b');
    await a.items.insert({ id: 'shown', text: 'ours' });
    await a.items.insert({ id: 'again', text: 'old' });
    const head = { actor: AUTHOR, time: 9e14, past: [], deleted: false, clocks: [] };
    serve(a.items, [
      { id: 'shown', head: { ...head, seq: 1 }, body: '{"id":"shown","text":1}' },
      { id: 'again', head: { ...head, seq: 2 }, body: '{"id":"again","text":2}' },
      { id: 'gone', head: { ...head, seq: 3 }, body: 'nonsense' },
    ]);
    await expect.poll(async () => (await listed(b.pool)).length).toBe(3);
    expect((await b.items.findOne('shown').exec())?.text).toBe('ours');
    expect(await b.items.findOne('gone').exec()).toBeNull();
    // An ordinary write does not see it, so does not supersede it.
    await b.items.upsert({ id: 'shown', text: 'ours, again' });
    await b.pool.inSync();
    expect((await listed(b.pool)).length).toBe(3);
    const [shown, again, gone] = await listed(b.pool);
    if (shown === undefined || again === undefined || gone === undefined) throw new Error('expected three');
    expect([shown.id, again.id, gone.id].sort()).toEqual(['again', 'gone', 'shown']);
    const byId = new Map([shown, again, gone].map((version) => [version.id, version]));
    const of = (id: string): QuarantinedVersion => byId.get(id) as QuarantinedVersion;

    await expect(b.pool.release(of('again'), { id: 'again', text: 3 as never })).rejects.toMatchObject({
      code: 'DOCUMENT_INVALID',
    });
    await expect(b.pool.release(of('again'), { id: 'other' })).rejects.toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(await b.pool.release(of('shown'))).toBe(true);
    expect(await b.pool.release(of('again'), { id: 'again', text: 'corrected' })).toBe(true);
    expect(await b.pool.release(of('gone'))).toBe(true);
    expect(await b.pool.release(of('gone'))).toBe(false);
    for (const { items, pool } of [a, b]) {
      await expect.poll(async () => (await listed(pool)).length).toBe(0);
      await expect.poll(async () => (await items.findOne('again').exec())?.text).toBe('corrected');
      const expected = [
        { id: 'again', text: 'corrected' },
        { id: 'shown', text: 'ours, again' },
      ];
      await expect
        .poll(async () => (await items.find().exec()).map((found) => found.toMutableJSON()))
        .toEqual(expected);
    }
    // What was let go stays gone for a newcomer, who gets it from neither.
    await rogues[0]?.close();
    const c = await open('c');
    await c.pool.inSync();
    expect(await listed(c.pool)).toEqual([]);
    expect((await c.items.findOne('shown').exec())?.text).toBe('ours, again');
  });

  it('[REP-14] a document of 20 MB stays with its author; what is written with it arrives, and so does its news', async () => {
    const a = await open('a');
    const b = await open('b');
    const large = { id: 'large', text: 'x'.repeat(20 * 1024 * 1024) };
    const others = Array.from({ length: 200 }, (_, i) => ({ id: `n${i}`, text: `${i}` }));
    await a.items.bulkInsert([...others.slice(0, 100), large, ...others.slice(100)]);
    await Promise.all([a.pool.inSync(), b.pool.inSync()]);
    expect((await b.items.find().exec()).length).toBe(200);
    const aside = { id: 'large', reason: 'TOO_LARGE', bytes: JSON.stringify(large).length };
    expect(await listed(b.pool)).toMatchObject([aside]);
    // Its size is passed on, too.
    const c = await open('c');
    await c.pool.inSync();
    expect(await listed(c.pool)).toMatchObject([aside]);
    // It is made smaller: the next version is shown, and nothing is aside any more.
    await a.items.upsert({ id: 'large', text: 'small' });
    await Promise.all([a.pool.inSync(), b.pool.inSync()]);
    expect((await b.items.findOne('large').exec())?.text).toBe('small');
    expect(await listed(b.pool)).toEqual([]);
  });

  async function currentStatus(pool: P2PPool<Item>): Promise<{ quarantined: number }> {
    return new Promise((resolve) => pool.status$.subscribe(resolve).unsubscribe());
  }

  it('is listed in pages of a bounded size', async () => {
    const { pool } = await open('a');
    await expect(pool.quarantine({ limit: 0 })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await expect(pool.quarantine({ limit: 1_001 })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
    await expect(pool.quarantine({ after: -1 })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});
