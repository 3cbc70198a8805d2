import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, describe, expect, it } from 'vitest';
import {
  createMemoryNetwork,
  getConnectionHandlerSimplePeer,
  P2PError,
  RxDBP2PPlugin,
  replicateP2P,
  type SyncP2POptions,
} from '../index.ts';

addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 } },
  required: ['id'],
} as const;

let databases: RxDatabase[] = [];
let count = 0;
afterEach(async () => {
  for (const database of databases) await database.close();
  databases = [];
});

async function open(p2p: unknown = { transport: createMemoryNetwork().factory() }): Promise<RxCollection> {
  const name = `options-${process.pid}-${++count}`;
  const options = { p2p };
  const database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false, options });
  databases.push(database);
  const { items } = await database.addCollections({ items: { schema } });
  return items;
}

async function errorOf(attempt: () => unknown): Promise<P2PError> {
  try {
    await attempt();
  } catch (error) {
    if (error instanceof P2PError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

describe('an option', () => {
  const wrong: readonly (readonly [options: unknown, what: string, expected: string, hint?: string])[] = [
    [{ signalling: 'https://signal.example.org' }, '"signalling"', 'one of signaling', 'signaling'],
    [{ Signaling: 'https://signal.example.org' }, '"Signaling"', 'one of signaling', 'signaling'],
    [{ isPeerVaild: () => true }, '"isPeerVaild"', 'one of', 'isPeerValid'],
    [{ live: true }, '"live"', 'one of'],
    [{ retryTime: 5_000 }, '"retryTime"', 'one of'],
    [{ ['__proto__x']: 1 }, '"__proto__x"', 'one of'],
    [JSON.parse('{"__proto__":1}'), '"__proto__"', 'one of'],
    [{ constructor: 1 }, '"constructor"', 'one of'],
    [{ push: 'yes' }, 'push', 'true or false'],
    [{ pull: 1 }, 'pull', 'true or false'],
    [{ push: null }, 'push', 'true or false'],
    [{ signaling: 7 }, 'signaling', 'a string'],
    [{ iceServers: { urls: 'stun:127.0.0.1' } }, 'iceServers', 'an array'],
    [{ iceTransportPolicy: 'relais' }, 'iceTransportPolicy', '`all` or `relay`'],
    ...[0, 1, 65, 2.5, '8'].map(
      (maxConnections) => [{ maxConnections }, 'maxConnections', 'a whole number from 2 to 64'] as const,
    ),
    [{ isPeerValid: true }, 'isPeerValid', 'a function'],
    [{ transport: 'simple-peer' }, 'transport', 'a TransportFactory'],
    [{ transport: null }, 'transport', 'a TransportFactory'],
    [{ namespace: '' }, 'namespace', '1 to 64'],
    [{ conflictHandlerVersion: 2 }, 'conflictHandlerVersion', '1 to 64'],
    ...[0, -1, Number.NaN, '86400000'].map(
      (maxClockDifferenceMs) => [{ maxClockDifferenceMs }, 'maxClockDifferenceMs', 'milliseconds from 60,000'] as const,
    ),
    [null, 'the options of syncP2P', 'an object'],
    ['family', 'the options of syncP2P', 'an object'],
    [[], 'the options of syncP2P', 'an object'],
  ];
  it.each(wrong)('that is wrong is refused, with what was expected: %o', async (options, what, expected, hint) => {
    const collection = await open();
    const error = await errorOf(() => collection.syncP2P('family', options as SyncP2POptions));
    expect(error.code).toBe('OPTIONS_INVALID');
    expect(error.message).toContain(what);
    expect(error.expected).toContain(expected);
    if (hint === undefined) expect(error.hint).toBeUndefined();
    else expect(error.hint).toContain(hint);
    // Those of the database are checked alike.
    const other = await open(options ?? 'null');
    const same = await errorOf(() => other.syncP2P('family', { transport: createMemoryNetwork().factory() }));
    expect(same.code).toBe('OPTIONS_INVALID');
    expect(same.message).toContain('options.p2p of the database');
  });

  it('that is undefined is left out', async () => {
    const collection = await open();
    const undefinedOptions = { push: undefined, signaling: undefined, isPeerValid: undefined };
    const pool = await collection.syncP2P('family', undefinedOptions as unknown as SyncP2POptions);
    await pool.cancel();
  });

  it('never shows what an object holds', async () => {
    const collection = await open();
    const secret = { credential: 'hunter2' };
    const error = await errorOf(() =>
      collection.syncP2P('family', { iceServers: secret } as unknown as SyncP2POptions),
    );
    expect(error.message).not.toContain('hunter2');
  });
});

describe('an option of replicateP2P', () => {
  const connectionHandlerCreator = createMemoryNetwork().factory();

  it('that users of RxDB have is taken', async () => {
    const collection = await open();
    const known = { live: true, retryTime: 5_000, requestTimeout: 20_000, toggleOnDocumentVisible: true } as const;
    const directions = { pull: { batchSize: 60 }, push: { batchSize: 60 } };
    const pool = await replicateP2P({ collection, topic: 'x', connectionHandlerCreator, ...known, ...directions });
    await pool.cancel();
  });

  const wrong: readonly (readonly [options: object, what: string])[] = [
    [{ live: false }, 'live'],
    [{ retryTime: '5s' }, 'retryTime'],
    [{ waitForLeaderShip: true }, '"waitForLeaderShip"'],
    [{ push: 'yes' }, 'push of replicateP2P'],
    [{ pull: true }, 'pull of replicateP2P'],
    [{ pull: { batchsize: 20 } }, '"batchsize"'],
    [{ push: { batchSize: 0 } }, 'batchSize'],
    [{ namespace: 'no spaces' }, 'namespace'],
    [{ isPeerValid: 'all' }, 'isPeerValid'],
  ];
  it.each(wrong)('that is wrong is refused: %o', async (options, what) => {
    const collection = await open();
    const given = { collection, topic: 'x', connectionHandlerCreator, pull: {}, push: {}, ...options };
    const error = await errorOf(() => replicateP2P(given as Parameters<typeof replicateP2P>[0]));
    expect(error.code).toBe('OPTIONS_INVALID');
    expect(error.message).toContain(what);
  });

  it('and of its connection handler, likewise', async () => {
    const given = { signalingServerURL: 'http://127.0.0.1:9' } as object;
    const error = await errorOf(() => getConnectionHandlerSimplePeer(given));
    expect([error.code, error.hint]).toEqual(['OPTIONS_INVALID', 'did you mean `signalingServerUrl`?']);
    expect((await errorOf(() => getConnectionHandlerSimplePeer({ config: 7 } as object))).code).toBe('OPTIONS_INVALID');
  });
});
