/**
 * What must never leave a device: its secret key, the topic's secret and the keys made of it. And nothing of them stays
 * behind when a database is removed.
 */
import { fromBase64url } from '@rxdb-p2p/protocol';
import { deriveTopicKeys } from '@rxdb-p2p/protocol/secrecy';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import {
  createMemoryNetwork,
  createTopicSecret,
  type P2PPool,
  RxDBP2PPlugin,
  type SyncP2POptions,
  type Transport,
  type TransportEvents,
  type TransportFactory,
} from 'rxdb-p2p';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';

addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;

const disk = getRxStorageMemory();
let databases: RxDatabase[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  for (const database of databases) await database.close();
  databases = [];
});

async function open(name: string): Promise<{ readonly database: RxDatabase; readonly items: RxCollection }> {
  const database = await createRxDatabase({ name, storage: disk, multiInstance: false });
  databases.push(database);
  const { items, others } = await database.addCollections({ items: { schema }, others: { schema } });
  await others?.insert({ id: 'x' });
  return { database, items: items as RxCollection };
}

/** Storage instances of a database that hold rows, and all rows. */
function stored(name: string): ReadonlyMap<string, string> {
  const states = disk.collectionStates as unknown as Map<string, { documents: Map<string, unknown> }>;
  const mine = [...states].filter(([key]) => key.split('--memory--')[0] === name);
  return new Map(
    mine.map(([key, state]) => [key.split('--memory--')[1] ?? '', JSON.stringify([...state.documents.values()])]),
  );
}

interface Hidden {
  readonly what: string;
  /** as they would show in a log */
  readonly texts: readonly string[];
  readonly bytes: Buffer;
}

function hidden(what: string, secret: Uint8Array, ...more: readonly string[]): Hidden {
  const bytes = Buffer.from(secret);
  const encodings = (['hex', 'base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding));
  return { what, texts: [...encodings, [...bytes].join(','), ...more], bytes };
}

function secretKeyOf(name: string): Hidden {
  const [, text = ''] = /\\"secretKey\\":\\"([\w-]{43})\\"/.exec(stored(name).get('_p2p_identity') ?? '') ?? [];
  expect(fromBase64url(text)).toHaveLength(32);
  return hidden(`secret key of ${name}`, fromBase64url(text));
}

/** A mark, the secret, and a checksum. */
const secretBytes = (secret: string): Uint8Array => fromBase64url(secret.slice('p2p1_'.length)).subarray(0, 32);
const topicKeys = (secret: string, topic: string) => deriveTopicKeys(secretBytes(secret), { namespace: 'app', topic });

/** Notes the rooms that are joined. */
function noting(factory: TransportFactory, rooms: string[]): TransportFactory {
  const create = (events: TransportEvents): Transport => {
    const transport = factory.create(events);
    return {
      join(room, signalKey) {
        rooms.push(room);
        return transport.join(room, signalKey);
      },
      close: () => transport.close(),
    };
  };
  return { key: factory.key, create };
}

/** Without the room, which a server sees. */
function topicSecrets(secret: string, topic: string): readonly Hidden[] {
  const { signal, handshake, open: proof } = topicKeys(secret, topic);
  const keys = Object.entries({ signal, handshake, proof }).map(([use, key]) => hidden(`key ${use}`, key));
  return [hidden('topic secret', secretBytes(secret), secret), ...keys];
}

describe('keys and secrets', () => {
  it('are in nothing that is sent, shown, thrown or logged', async () => {
    const secret = createTopicSecret();
    const said: string[] = [];
    const sent: Uint8Array[] = [];
    for (const method of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, method).mockImplementation(
        (...parts: unknown[]) => void said.push(parts.map(String).join(' ')),
      );
    const post = vi.spyOn(BroadcastChannel.prototype, 'postMessage');
    const network = createMemoryNetwork({ tap: (_, __, message) => sent.push(message.slice()) });
    const joined: string[] = [];
    const names = ['a', 'b'].map((name) => `secrets-${process.pid}-${name}`);
    const pools: P2PPool[] = [];
    for (const name of names) {
      const { items } = await open(name);
      const transport = noting(network.factory(name), joined);
      const options: SyncP2POptions = { transport, authorize: () => 'allow', secret };
      const pool = await items.syncP2P('family', options);
      pools.push(pool);
      pool.status$.subscribe((status) => said.push(JSON.stringify(status)));
      pool.error$.subscribe((error) => said.push(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`));
      await items.insert({ id: name });
    }
    const [a, b] = pools;
    if (a === undefined || b === undefined) throw new Error('no pools');
    await a.inSync();
    await b.inSync();
    const { replica = '' } = await firstValueFrom(b.status$);
    await a.block(replica);
    await expect.poll(() => said.join()).toContain('BLOCKED');
    // Options that people mistype, with what should have been a function or a list.
    for (const given of [{ getToken: 'my token' }, { iceServers: 'turn:u:my token@x' }, { secret: 'my token' }])
      said.push(await a.cancel().then(() => attempt(given)));

    const all = said.join('\n') + JSON.stringify(post.mock.calls);
    // These are the keys that were used.
    expect(joined).toContain(topicKeys(secret, 'family').room);
    expect(all).toContain(replica);
    expect(all).toContain('OPTIONS_INVALID');
    expect(all).not.toContain('my token');
    expect(sent.length).toBeGreaterThan(10);
    for (const { what, texts, bytes } of [...names.map(secretKeyOf), ...topicSecrets(secret, 'family')]) {
      for (const text of texts) expect(all.includes(text), what).toBe(false);
      for (const message of sent) {
        const wire = Buffer.from(message);
        for (const part of [bytes, ...texts]) expect(wire.includes(part), what).toBe(false);
      }
    }

    async function attempt(options: object): Promise<string> {
      const [database] = databases;
      const { items } = database?.collections ?? {};
      return (items as RxCollection).syncP2P('family', options).then(String, (error: Error) => error.stack ?? '');
    }
  });
});

describe('a database that is removed', () => {
  it('leaves no key, block list, secret or journal behind', async () => {
    const name = `removed-${process.pid}`;
    const { database, items } = await open(name);
    const pool = await items.syncP2P('family', { transport: createMemoryNetwork().factory() });
    await pool.block('x'.repeat(43));
    await expect.poll(async () => (await firstValueFrom(pool.status$)).phase, { timeout: 20_000 }).toBe('alone');
    const before = stored(name);
    expect([...before.keys()]).toEqual(expect.arrayContaining(['_p2p_identity', '_p2p_journal_items']));
    expect([...before.values()].join()).toContain('secretKey');
    databases = [];
    await database.remove();
    expect([...stored(name)]).toEqual([]);
  });

  it('takes the journal of one collection with that collection', async () => {
    const name = `removed-collection-${process.pid}`;
    const { items } = await open(name);
    const pool = await items.syncP2P('family', { transport: createMemoryNetwork().factory() });
    await expect.poll(async () => (await firstValueFrom(pool.status$)).phase, { timeout: 20_000 }).toBe('alone');
    await items.remove();
    expect([...stored(name).keys()]).not.toContain('_p2p_journal_items');
    expect([...stored(name).keys()]).not.toContain('items');
  });
});
