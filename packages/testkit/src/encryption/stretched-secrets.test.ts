/** A passphrase is stretched once where the storage encrypts, and what it came to is nowhere in plain. */

import { base64url } from '@rxdb-p2p/protocol';
import { deriveTopicKeys, stretchPassphrase } from '@rxdb-p2p/protocol/secrecy';
import { addRxPlugin, createRxDatabase, type RxDatabase, type RxStorage } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork, RxDBP2PPlugin } from 'rxdb-p2p';
import { createRecoveryKey, encryptedStorage } from 'rxdb-p2p-encryption';
import { firstValueFrom } from 'rxjs';
import { filter } from 'rxjs/operators';
import { afterEach, expect, it } from 'vitest';

addRxPlugin(RxDBP2PPlugin);

/** Needs no stretching itself. */
const PASSWORD = createRecoveryKey();
const PASSPHRASE = 'wombat lantern gravel quilt';
const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 } },
  required: ['id'],
} as const;

const disk = getRxStorageMemory();
let databases: RxDatabase[] = [];
afterEach(async () => {
  for (const database of databases) await database.close();
  databases = [];
});

/** What it takes until the pool looks for others, milliseconds of CPU. */
async function start(name: string, password: Uint8Array | undefined, secret: string): Promise<number> {
  const plain = disk as unknown as RxStorage<unknown, unknown>;
  const storage = password === undefined ? plain : encryptedStorage({ storage: plain });
  const database = await createRxDatabase({ name, storage, password, multiInstance: false });
  databases.push(database);
  const { items } = await database.addCollections({ items: { schema } });
  const before = process.cpuUsage();
  const pool = await items.syncP2P('family', { transport: createMemoryNetwork().factory(), secret });
  await firstValueFrom(pool.status$.pipe(filter(({ phase }) => phase === 'alone')));
  const { user } = process.cpuUsage(before);
  await database.close();
  return user / 1_000;
}

function stored(name: string): string {
  const states = disk.collectionStates as unknown as Map<string, { documents: Map<string, unknown> }>;
  const mine = [...states].filter(([key]) => key.split('--memory--')[0] === name);
  return JSON.stringify(mine.map(([key, state]) => [key, ...state.documents.values()]));
}

it('[TOPIC-1] is remembered, encrypted, and another one is stretched anew', { timeout: 90_000 }, async () => {
  const names = { namespace: 'app', topic: 'family' };
  const secret = await stretchPassphrase(PASSPHRASE, names);
  const name = `passphrase-${process.pid}`;
  const first = await start(name, PASSWORD, PASSPHRASE);
  const second = await start(name, PASSWORD, PASSPHRASE);
  const third = await start(name, PASSWORD, `${PASSPHRASE}!`);
  process.stdout.write(`CPU until a pool starts, ms: ${[first, second, third].map(Math.round).join(', ')}\n`);
  // Stretching is some 450 of it.
  expect(second).toBeLessThan(first - 150);
  expect(third).toBeGreaterThan(second + 150);
  const keys = deriveTopicKeys(secret, names);
  const traces = [secret, keys.signal, keys.handshake, keys.open].map(base64url);
  for (const trace of [...traces, PASSPHRASE, 'family']) expect(stored(name)).not.toContain(trace);
  expect(stored(name).match(/stretched-/g)?.length).toBeGreaterThan(0);
});

it('[TOPIC-1] is not remembered where nothing is encrypted', { timeout: 60_000 }, async () => {
  const name = `passphrase-plain-${process.pid}`;
  await start(name, undefined, PASSPHRASE);
  expect(stored(name)).not.toContain('stretched-');
  expect(stored(name)).not.toContain(
    base64url(await stretchPassphrase(PASSPHRASE, { namespace: 'app', topic: 'family' })),
  );
});
