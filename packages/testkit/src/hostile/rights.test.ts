/**
 * Who may do what: peers that are denied, blocked, or have one right of the two, as members of the room who do not obey.
 * Long because every right and its refusal has a test.
 */
import type { Frame, RefuseCode, Version } from '@rxdb-p2p/protocol';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import {
  createMemoryNetwork,
  type MemoryNetwork,
  type P2PPool,
  type PeerRights,
  type PeerVerdict,
  RxDBP2PPlugin,
  type SyncP2POptions,
} from 'rxdb-p2p';
import { hashSchema } from 'rxdb-p2p/testing';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createRogue, type Rogue, type RogueOptions, rogueId, type Victim } from './rogue.ts';

addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;

interface Item {
  id: string;
  text?: string;
}

interface Device {
  readonly items: RxCollection<Item>;
  readonly pool: P2PPool<Item>;
  readonly codes: string[];
  replica(): Promise<string>;
}

/** The bar: every refusal is told within this time, milliseconds. */
const WITHIN = { timeout: 5_000 };
const ROGUE = rogueId();

let databases: RxDatabase[] = [];
let rogues: Rogue[] = [];
let count = 0;
afterEach(async () => {
  for (const rogue of rogues) await rogue.close();
  for (const database of databases) await database.close();
  databases = [];
  rogues = [];
});

const unused = (name: string): string => `rights-${process.pid}-${name}-${++count}`;

async function open(network: MemoryNetwork, name: string, options: SyncP2POptions = {}): Promise<Device> {
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false });
  databases.push(database);
  const { items } = await database.addCollections({ items: { schema } });
  const pool = (await items.syncP2P('family', { transport: network.factory(name), ...options })) as P2PPool<Item>;
  const codes: string[] = [];
  pool.error$.subscribe(({ code }) => codes.push(code));
  const replica = async (): Promise<string> => {
    await expect.poll(async () => (await firstValueFrom(pool.status$)).replica, { timeout: 20_000 }).toBeDefined();
    return (await firstValueFrom(pool.status$)).replica as string;
  };
  return { items: items as unknown as RxCollection<Item>, pool, codes, replica };
}

/** Ends its pools and opens it again, with what it has stored. */
async function reopen(network: MemoryNetwork, device: Device, options: SyncP2POptions = {}): Promise<Device> {
  const { database } = device.items;
  databases = databases.filter((one) => one !== database);
  await database.close();
  return open(network, database.name, options);
}

async function textsOf({ items }: Device): Promise<string[]> {
  return (await items.find().exec()).map(({ id }) => id).sort();
}

async function peerOf({ pool }: Device, replica: string) {
  return (await firstValueFrom(pool.peers$)).find((peer) => peer.replica === replica);
}

async function createMember(network: MemoryNetwork, more: Partial<RogueOptions> = {}): Promise<Rogue> {
  const spy = await createRxDatabase({ name: unused('spy'), storage: getRxStorageMemory(), multiInstance: false });
  const { items } = await spy.addCollections({ items: { schema } });
  const schemaHash = hashSchema(items.schema.jsonSchema as unknown as Readonly<Record<string, unknown>>);
  await spy.close();
  const offer = { collection: 'items', schemaVersion: 0, schemaHash, mergeMode: 'fields', sends: true, receives: true };
  const rogue = createRogue({ factory: network.factory(unused('rogue')), topic: 'family', offer, ...more });
  rogues.push(rogue);
  return rogue;
}

function written(id: string, actor = 'stranger--------'): Version {
  const head = { actor, seq: 1, time: 1, past: [], deleted: false, clocks: [] };
  return { id, head, body: JSON.stringify({ id, text: 'not wanted' }) };
}

/** Codes of the refusals among frames. */
function refusals(heard: readonly Frame[]): RefuseCode[] {
  return heard.flatMap((frame) => (frame.type === 'refuse' ? [frame.code] : []));
}

describe('a peer that is denied', () => {
  it.each<[string, SyncP2POptions]>([
    ['by authorize', { authorize: ({ replica }) => (replica === ROGUE ? 'deny' : 'allow') }],
    ['by isPeerValid', { isPeerValid: ({ replica }) => replica !== ROGUE }],
    ['by an allow-list', { allowedPeers: ['x'.repeat(43)] }],
    ['by an authorize that throws', { authorize: () => Promise.reject(new Error('no')) }],
    ['by an authorize that answers nonsense', { authorize: () => 'yes' as PeerVerdict }],
  ])('[CONN-9] %s learns a code within 5 s and nothing else', async (_, options) => {
    const network = createMemoryNetwork();
    const heard: Frame[] = [];
    const device = await open(network, unused('a'), options);
    await device.items.insert({ id: 'private', text: 'private' });
    await createMember(network, { onHeard: (frame) => heard.push(frame) });
    await expect.poll(() => device.codes, WITHIN).toContain('NOT_ALLOWED');
    await expect.poll(() => refusals(heard), WITHIN).toEqual(['NOT_ALLOWED']);
    expect(heard.map(({ type }) => type)).toEqual(['version', 'noise', 'proof', 'hello', 'refuse']);
    expect(heard.at(-1)).toMatchObject({ text: '' });
    await expect.poll(() => peerOf(device, ROGUE), WITHIN).toMatchObject({ phase: 'refused', code: 'NOT_ALLOWED' });
  });

  it('[CONN-9] is told so where it is a device of ours, too', async () => {
    const network = createMemoryNetwork();
    const a = await open(network, unused('a'), { authorize: () => 'deny' });
    const b = await open(network, unused('b'));
    for (const { codes } of [a, b]) await expect.poll(() => codes, WITHIN).toContain('NOT_ALLOWED');
  });
});

describe('a peer that may read and not write', () => {
  const readOnly: SyncP2POptions = { authorize: () => ({ read: true, write: false }) };

  it('[SYNC-7] [CONN-32] that sends entries nevertheless is refused, both sides know, and nothing is written', async () => {
    const attacks: ((victim: Victim) => void)[] = [
      ({ channel, send }) =>
        send({ type: 'push', channel, actor: 'stranger--------', previous: 0, seq: 1, versions: [written('pushed')] }),
      ({ channel, send }) =>
        send({
          ...{ type: 'entries', channel, want: 1, versions: [written('sent')], cursor: null, remaining: 0 },
          claim: new Map([['stranger--------', 1]]),
        }),
    ];
    for (const attack of attacks) {
      const network = createMemoryNetwork();
      const heard: Frame[] = [];
      const device = await open(network, unused('a'), readOnly);
      await device.items.insert({ id: 'mine' });
      await createMember(network, { onHeard: (frame) => heard.push(frame), onOpen: attack, onFrame: () => undefined });
      await expect.poll(() => device.codes, WITHIN).toContain('WRITE_NOT_ALLOWED');
      await expect.poll(() => refusals(heard), WITHIN).toEqual(['WRITE_NOT_ALLOWED']);
      const refused = { phase: 'refused', code: 'WRITE_NOT_ALLOWED' };
      await expect.poll(() => peerOf(device, ROGUE), WITHIN).toMatchObject(refused);
      expect(await textsOf(device)).toEqual(['mine']);
      // Nobody else hears of what was refused: the vector has not moved.
      const other = await open(network, unused('b'), { allowedPeers: [await device.replica()] });
      await expect.poll(() => textsOf(other), { timeout: 20_000 }).toEqual(['mine']);
      await expect
        .poll(async () => (await peerOf(other, await device.replica()))?.phase, { timeout: 20_000 })
        .toBe('acknowledged');
    }
  });

  it('[CONN-30] gets what there is; what it writes stays with it, and its screen can say so', async () => {
    const network = createMemoryNetwork();
    const publisher = await open(network, unused('a'), readOnly);
    const reader = await open(network, unused('b'));
    await reader.items.insert({ id: 'of the reader' });
    await publisher.items.insert({ id: 'published' });
    await expect.poll(() => textsOf(reader), { timeout: 20_000 }).toEqual(['of the reader', 'published']);
    await expect
      .poll(async () => (await peerOf(reader, await publisher.replica()))?.exchange, { timeout: 20_000 })
      .toBe('from-peer');
    expect(await peerOf(publisher, await reader.replica())).toMatchObject({ exchange: 'to-peer' });
    await expect.poll(async () => (await firstValueFrom(reader.pool.status$)).writesWaiting).toBe(1);
    expect(await textsOf(publisher)).toEqual(['published']);
    expect([...publisher.codes, ...reader.codes]).toEqual([]);
  });
});

describe('a peer that may write and not read', () => {
  const writeOnly: SyncP2POptions = { authorize: () => ({ read: false, write: true }) };

  it('[SYNC-2] hears of nobody whom it has not named, and gets no document', async () => {
    const network = createMemoryNetwork();
    const heard: Frame[] = [];
    const device = await open(network, unused('a'), writeOnly);
    await device.items.insert({ id: 'private' });
    await createMember(network, {
      onHeard: (frame) => heard.push(frame),
      onOpen: ({ channel, send }) =>
        send({ type: 'push', channel, actor: 'stranger--------', previous: 0, seq: 1, versions: [written('given')] }),
      onFrame: () => undefined,
    });
    await expect.poll(() => textsOf(device), WITHIN).toEqual(['given', 'private']);
    await expect.poll(() => heard.filter(({ type }) => type === 'have').length, WITHIN).toBeGreaterThan(1);
    expect(new Set(heard.map(({ type }) => type))).toEqual(
      new Set(['version', 'noise', 'proof', 'hello', 'open', 'have']),
    );
    for (const frame of heard) if (frame.type === 'have') expect([...frame.entries]).toEqual([]);
  });

  it('[SYNC-7] that asks nevertheless is refused with a code', async () => {
    const network = createMemoryNetwork();
    const heard: Frame[] = [];
    const device = await open(network, unused('a'), writeOnly);
    await createMember(network, {
      onHeard: (frame) => heard.push(frame),
      onOpen: ({ channel, send }) =>
        send({ type: 'want', channel, want: 1, vector: new Map(), cursor: null, credit: 1_000_000 }),
      onFrame: () => undefined,
    });
    await expect.poll(() => refusals(heard), WITHIN).toEqual(['READ_NOT_ALLOWED']);
    await expect.poll(() => device.codes, WITHIN).toContain('READ_NOT_ALLOWED');
  });

  it('[CONN-30] delivers what it writes, and has it acknowledged', async () => {
    const network = createMemoryNetwork();
    const collector = await open(network, unused('a'), writeOnly);
    const sensor = await open(network, unused('b'));
    await collector.items.insert({ id: 'private' });
    await sensor.items.bulkInsert(['one', 'two'].map((id) => ({ id })));
    await expect.poll(() => textsOf(collector), { timeout: 20_000 }).toEqual(['one', 'private', 'two']);
    await expect.poll(async () => (await firstValueFrom(sensor.pool.status$)).writesWaiting).toBe(0);
    expect(await textsOf(sensor)).toEqual(['one', 'two']);
  });
});

describe('rights that change', () => {
  it('[CONN-30] count from the moment the application says so', async () => {
    const network = createMemoryNetwork();
    let verdict: PeerVerdict = 'allow';
    const a = await open(network, unused('a'), { authorize: () => verdict });
    const b = await open(network, unused('b'));
    const settle = async (next: 'allow' | 'deny' | PeerRights, phase: string): Promise<void> => {
      verdict = next;
      await a.pool.reauthorize();
      const replica = await b.replica();
      await expect.poll(async () => (await peerOf(a, replica))?.phase, { timeout: 20_000 }).toBe(phase);
    };
    await settle('allow', 'in-sync');
    await b.items.insert({ id: '1 allowed' });
    await expect.poll(() => textsOf(a), { timeout: 20_000 }).toEqual(['1 allowed']);

    await settle({ read: true, write: false }, 'acknowledged');
    await b.items.insert({ id: '2 read-only' });
    await a.items.insert({ id: '3 of a' });
    await expect.poll(() => textsOf(b), { timeout: 20_000 }).toContain('3 of a');
    expect(await textsOf(a)).not.toContain('2 read-only');

    await settle('deny', 'refused');
    await a.items.insert({ id: '4 after the end' });
    await expect.poll(() => b.codes, WITHIN).toContain('NOT_ALLOWED');
    expect(await textsOf(b)).not.toContain('4 after the end');

    await settle('allow', 'in-sync');
    const all = ['1 allowed', '2 read-only', '3 of a', '4 after the end'];
    for (const device of [a, b]) await expect.poll(() => textsOf(device), { timeout: 20_000 }).toEqual(all);
  });

  it('[CONN-30] nothing is said of the collection before the application has answered', async () => {
    const network = createMemoryNetwork();
    const heard: Frame[] = [];
    let answer = (_: PeerVerdict): void => undefined;
    const asked = new Promise<void>((resolve) => {
      void open(network, unused('a'), {
        authorize: () =>
          new Promise((answered) => {
            answer = answered;
            resolve();
          }),
      });
    });
    await createMember(network, { onHeard: (frame) => heard.push(frame), onFrame: () => undefined });
    await asked;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(heard.map(({ type }) => type)).toEqual(['version', 'noise', 'proof', 'hello']);
    answer('allow');
    await expect.poll(() => heard.map(({ type }) => type), WITHIN).toContain('have');
  });
});

describe('a replica that is blocked', () => {
  it('[CONN-31] is cut off with a code within 5 s, also after a restart, until it is unblocked', async () => {
    const network = createMemoryNetwork();
    let a = await open(network, unused('a'));
    const b = await open(network, unused('b'));
    await a.items.insert({ id: 'before' });
    await expect.poll(() => textsOf(b), { timeout: 20_000 }).toEqual(['before']);
    const replica = await b.replica();
    await a.pool.block(replica);
    for (const { codes } of [a, b]) await expect.poll(() => codes, WITHIN).toContain('BLOCKED');
    expect(await a.pool.blocked()).toEqual([replica]);
    await a.items.insert({ id: 'while blocked' });

    a = await reopen(network, a);
    b.codes.length = 0;
    for (const { codes } of [a, b]) await expect.poll(() => codes, { timeout: 20_000 }).toContain('BLOCKED');
    expect(await textsOf(b)).toEqual(['before']);

    // Nobody dials but because of this.
    await a.pool.unblock(replica);
    expect(await a.pool.blocked()).toEqual([]);
    await expect.poll(() => textsOf(b), { timeout: 30_000 }).toEqual(['before', 'while blocked']);
    await a.pool.block(replica);
    expect(await a.pool.blocked()).toEqual([replica]);
  }, 90_000);

  it('[CONN-31] learns nothing else', async () => {
    const network = createMemoryNetwork();
    const heard: Frame[] = [];
    const device = await open(network, unused('a'));
    await device.items.insert({ id: 'private' });
    await device.pool.block(ROGUE);
    await createMember(network, { onHeard: (frame) => heard.push(frame) });
    await expect.poll(() => heard.map(({ type }) => type), WITHIN).toContain('bye');
    expect(heard.slice(0, 5).map(({ type }) => type)).toEqual(['version', 'noise', 'proof', 'hello', 'bye']);
    expect(heard[4]).toMatchObject({ code: 'BLOCKED', text: '' });
  });

  it('is named by its id', async () => {
    const device = await open(createMemoryNetwork(), unused('a'));
    await expect(device.pool.block('bob')).rejects.toMatchObject({ code: 'OPTIONS_INVALID' });
  });
});

describe('a peer whose connections had to be ended', () => {
  it('[CONN-33] waits, longer each time, before anything is said to it again', async () => {
    const network = createMemoryNetwork();
    const device = await open(network, unused('a'));
    const opens: number[] = [];
    await createMember(network, {
      onOpen({ sendBytes }) {
        opens.push(performance.now());
        sendBytes(Uint8Array.of(0xee));
      },
      // It dials again at once.
      onClosed: () => setTimeout(network.heal, 1),
    });
    await expect.poll(() => opens.length, { timeout: 20_000 }).toBeGreaterThan(2);
    const [first = 0, second = 0, third = 0] = opens;
    expect(second - first).toBeGreaterThan(900);
    expect(third - second).toBeGreaterThan(1_900);
    expect(device.codes).toContain('PROTOCOL_ERROR');
  }, 30_000);
});
