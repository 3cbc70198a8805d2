/** Topics with secrets, as applications have them: who meets whom, and what is said about it. */
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  createMemoryNetwork,
  createTopicSecret,
  type Link,
  P2PError,
  type P2PPool,
  type PoolStatus,
  RxDBP2PPlugin,
  type SyncP2POptions,
  type TransportFactory,
} from '../index.ts';

addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 } },
  required: ['id'],
} as const;

interface Item {
  id: string;
}

const PASSPHRASE = 'wombat lantern gravel quilt';
let databases: RxDatabase[] = [];
let count = 0;
afterEach(async () => {
  vi.restoreAllMocks();
  for (const database of databases) await database.close();
  databases = [];
});

async function collection(): Promise<RxCollection<Item>> {
  const name = `secrets-${process.pid}-${++count}`;
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false });
  databases.push(database);
  return (await database.addCollections({ items: { schema } })).items as unknown as RxCollection<Item>;
}

interface Device {
  readonly items: RxCollection<Item>;
  readonly pool: P2PPool<Item>;
  readonly errors: P2PError[];
  status(): Promise<PoolStatus>;
}

async function open(transport: TransportFactory, options: SyncP2POptions): Promise<Device> {
  const items = await collection();
  const pool = await items.syncP2P('family', { transport, ...options });
  const errors: P2PError[] = [];
  pool.error$.subscribe((error) => errors.push(error));
  return { items, pool, errors, status: () => firstValueFrom(pool.status$) };
}

/** The room of a device, and its links. */
interface Seen {
  readonly rooms: string[];
  readonly links: Link[];
}

/** Notes what a transport is asked for; with `into`, everybody is led into that one room, as a hostile server can do. */
function watched(factory: TransportFactory, seen: Seen, into?: string): TransportFactory {
  return {
    key: factory.key,
    create(events) {
      const own = (link: Link): Link =>
        Object.create(link, { room: { value: into === undefined ? link.room : (seen.rooms[0] ?? '') } });
      const transport = factory.create({
        ...events,
        onLink(link) {
          seen.links.push(link);
          events.onLink(own(link));
        },
      });
      return {
        ...transport,
        join(room, key) {
          seen.rooms.push(room);
          return transport.join(into ?? room, key);
        },
      };
    },
  };
}

const nobody = (): Seen => ({ rooms: [], links: [] });

describe('a topic with a secret', () => {
  it('[TOPIC-2] is shared by those who have it, and says that it is protected', async () => {
    const network = createMemoryNetwork();
    const secret = createTopicSecret();
    const seen = [nobody(), nobody()] as const;
    const [a, b] = [
      await open(watched(network.factory(), seen[0]), { secret }),
      await open(watched(network.factory(), seen[1]), { secret }),
    ];
    await a.items.insert({ id: 'milk' });
    await Promise.all([a.pool.inSync(), b.pool.inSync()]);
    await expect.poll(() => b.items.findOne('milk').exec()).not.toBeNull();
    expect((await a.status()).protection).toBe('secret');
    expect(seen[0].rooms).toEqual(seen[1].rooms);
    expect(seen[0].rooms[0]).toMatch(/^app\/[\w-]{43}$/);
  });

  it('[TOPIC-3] is another room for every other secret, and for none', async () => {
    const network = createMemoryNetwork();
    const seen = nobody();
    const all = [createTopicSecret(), createTopicSecret(), PASSPHRASE, `${PASSPHRASE}!`, undefined];
    const devices: Device[] = [];
    for (const secret of all) {
      devices.push(await open(watched(network.factory(), seen), secret === undefined ? {} : { secret }));
    }
    await expect.poll(() => new Set(seen.rooms).size, { timeout: 20_000 }).toBe(all.length);
    expect(seen.links).toEqual([]);
    for (const { status } of devices) expect((await status()).phase).toBe('alone');
    expect((await devices.at(-1)?.status())?.protection).toBe('none');
  });

  it('[LINK-1] led into one room with another secret, or none, by force: one code on both sides, and nothing is said', async () => {
    const secret = createTopicSecret();
    const others: SyncP2POptions[] = [{}, { secret: createTopicSecret() }];
    for (const other of others) {
      const heard: number[] = [];
      const network = createMemoryNetwork({ tap: (_from, _to, message) => heard.push(message[1] ?? 0) });
      const a = await open(watched(network.factory(), nobody(), 'forced'), { secret });
      const b = await open(watched(network.factory(), nobody(), 'forced'), other);
      await a.items.insert({ id: 'milk' });
      const codes = ({ errors }: Device): string[] => [...new Set(errors.map(({ code }) => code))];
      for (const device of [a, b]) {
        await expect.poll(() => codes(device), { timeout: 5_000 }).toEqual(['HANDSHAKE_UNREADABLE']);
      }
      expect((await a.status()).peers).toEqual([]);
      // VERSION, NOISE, BYE: no PROOF, no HELLO.
      expect(new Set(heard)).toEqual(new Set([0x52, 0x10, 0x0c]));
      expect(await b.items.find().exec()).toEqual([]);
    }
  });

  it('is open once for each topic: another secret is another option', async () => {
    const network = createMemoryNetwork();
    const items = await collection();
    const transport = network.factory();
    await items.syncP2P('family', { transport, secret: PASSPHRASE });
    await expect(items.syncP2P('family', { transport, secret: `${PASSPHRASE}!` })).rejects.toThrow('OPTIONS_DIFFER');
    await expect(items.syncP2P('family', { transport })).rejects.toThrow('OPTIONS_DIFFER');
    const again = await items.syncP2P('family', { transport, secret: PASSPHRASE.normalize('NFD') });
    expect(again.topic).toBe('family');
  });

  it('is refused when it is too short or not whole, without a word of it in the error', async () => {
    const items = await collection();
    const transport = createMemoryNetwork().factory();
    const whole = createTopicSecret();
    const wrong: (readonly [unknown, string])[] = [
      ['pass1234', 'SECRET_TOO_SHORT'],
      [whole.slice(0, -1), 'SECRET_INVALID'],
      [7, 'SECRET_INVALID'],
    ];
    for (const [secret, code] of wrong) {
      const error: unknown = await items.syncP2P('family', { transport, secret: secret as string }).catch((e) => e);
      if (!(error instanceof P2PError)) throw new Error('expected a P2PError');
      expect(error.code).toBe(code);
      if (typeof secret === 'string') expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain(secret);
    }
  });

  it('is in nothing that is shown: status, errors, console', async () => {
    const said: string[] = [];
    for (const method of ['log', 'warn', 'error'] as const) {
      vi.spyOn(console, method).mockImplementation((...parts) => void said.push(parts.join(' ')));
    }
    const network = createMemoryNetwork();
    const secret = createTopicSecret();
    const [a, b] = [await open(network.factory(), { secret }), await open(network.factory(), { secret })];
    await Promise.all([a.pool.inSync(), b.pool.inSync()]);
    const { inspect } = await import('node:util');
    const shown = [inspect(await a.status(), { depth: 9 }), inspect(a.pool, { depth: 9 }), inspect(a.errors), ...said];
    for (const text of shown) expect(text).not.toContain(secret.slice(5, 25));
    expect(said).toEqual([]);
  });
});

describe('a topic without a secret', () => {
  it('says so once in the console of each database', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const items = await collection();
    const transport = createMemoryNetwork().factory();
    for (const topic of ['one', 'two', 'three']) await items.syncP2P(topic, { transport });
    expect(warn.mock.calls.map(([text]) => String(text))).toEqual([expect.stringContaining('without `secret`')]);
  });
});
