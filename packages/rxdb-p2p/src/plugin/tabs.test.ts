import { P2PError } from '@rxdb-p2p/protocol';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { disableWarnings, RxDBDevModePlugin } from 'rxdb/plugins/dev-mode';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { wrappedValidateAjvStorage } from 'rxdb/plugins/validate-ajv';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import type { P2PPool, PoolStatus } from '../pool/types.ts';
import { createMemoryNetwork, type MemoryNetwork } from '../transport/memory.ts';
import { RxDBP2PPlugin } from './plugin.ts';

// Two databases of one name in one process stand for two tabs; RxDB allows that in dev-mode only.
disableWarnings();
addRxPlugin(RxDBDevModePlugin);
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
type Tab = { todos: RxCollection<Item>; notes: RxCollection<Item> };

let databases: RxDatabase[] = [];
let count = 0;

async function openTab(network: MemoryNetwork, name = `tab-${process.pid}-${++count}`, station?: string): Promise<Tab> {
  const storage = wrappedValidateAjvStorage({ storage: getRxStorageMemory() });
  const options = { p2p: { transport: network.factory(station) } };
  const database = await createRxDatabase({ name, storage, multiInstance: true, ignoreDuplicate: true, options });
  databases.push(database);
  return (await database.addCollections({ todos: { schema }, notes: { schema } })) as unknown as Tab;
}

function once(pool: P2PPool<Item>, condition: (status: PoolStatus) => boolean): Promise<PoolStatus> {
  return firstValueFrom(pool.status$.pipe(filter(condition)));
}

async function idsOf(collection: RxCollection<Item>): Promise<string[]> {
  return (await collection.find().exec()).map(({ id }) => id);
}

afterEach(async () => {
  for (const database of databases) await database.close();
  databases = [];
});

describe('several tabs of one device', () => {
  it('say which topic waits for the tab that leads', async () => {
    const network = createMemoryNetwork();
    const name = `device-${process.pid}-topics`;
    const [leader, follower, other] = [
      await openTab(network, name),
      await openTab(network, name),
      await openTab(network),
    ];
    const led = await leader.todos.syncP2P('family');
    await once(led, ({ phase }) => phase === 'alone');
    const waiting = await follower.todos.syncP2P('friends');
    await once(waiting, ({ notInSync }) => notInSync === 'not-led');
    await (await other.todos.syncP2P('friends')).cancel();

    const opened = await leader.todos.syncP2P('friends');
    await once(waiting, ({ phase }) => phase === 'alone');
    await opened.cancel();
    await once(waiting, ({ notInSync }) => notInSync === 'not-led');
    await led.cancel();
    await once(waiting, ({ phase }) => phase === 'alone');
  });

  it('[CONN-31] block a peer from whichever tab the person looks at, for all collections', async () => {
    const network = createMemoryNetwork();
    const name = `device-${process.pid}-blocks`;
    const [leader, follower, other] = [
      await openTab(network, name),
      await openTab(network, name),
      await openTab(network),
    ];
    const led = await leader.todos.syncP2P('family');
    await once(led, ({ phase }) => phase === 'alone');
    const followed = await follower.todos.syncP2P('family');
    const peer = await other.todos.syncP2P('family');
    await other.notes.syncP2P('family');
    await leader.notes.syncP2P('family');
    await peer.inSync();
    const codes: string[] = [];
    peer.error$.subscribe(({ code }) => codes.push(code));
    const { replica = '' } = await once(peer, (status) => status.replica !== undefined);
    await followed.block(replica);
    await expect.poll(() => codes, { timeout: 5_000 }).toContain('BLOCKED');
    await once(led, ({ phase }) => phase === 'alone');
    expect(await led.blocked()).toEqual([replica]);
    await leader.notes.insert({ id: 'not for them' });
    network.heal();
    await expect.poll(() => codes.filter((code) => code === 'BLOCKED').length, { timeout: 5_000 }).toBeGreaterThan(1);
    expect(await idsOf(other.notes)).toEqual([]);
    await followed.reauthorize();
  });

  it('that each lead another collection both reach a peer', async () => {
    const network = createMemoryNetwork();
    const name = `device-${process.pid}`;
    const [first, second, other] = [await openTab(network, name), await openTab(network, name), await openTab(network)];
    const todos = await first.todos.syncP2P('family');
    const notes = await second.notes.syncP2P('family');
    await other.todos.syncP2P('family');
    await other.notes.syncP2P('family');
    await first.todos.insert({ id: 'todo' });
    await second.notes.insert({ id: 'note' });
    await todos.inSync();
    await notes.inSync();
    expect(await idsOf(other.todos)).toEqual(['todo']);
    expect(await idsOf(other.notes)).toEqual(['note']);
  });

  it('pass the lead on, and no write of any tab is lost', async () => {
    const network = createMemoryNetwork();
    const name = `handover-${process.pid}`;
    const [first, second, other] = [await openTab(network, name), await openTab(network, name), await openTab(network)];
    await first.todos.syncP2P('family');
    const follower = await second.todos.syncP2P('family');
    const remote = await other.todos.syncP2P('family');
    await first.todos.insert({ id: 'a' });
    await second.todos.insert({ id: 'b' });
    await remote.inSync();
    await expect.poll(() => idsOf(other.todos)).toEqual(['a', 'b']);
    await first.todos.database.close();
    await second.todos.insert({ id: 'c' });
    await follower.inSync();
    await expect.poll(() => idsOf(other.todos)).toEqual(['a', 'b', 'c']);
  });
});

describe('a tab that does not lead', () => {
  async function withFollower() {
    const network = createMemoryNetwork();
    const name = `follower-${process.pid}-${++count}`;
    const leader = await openTab(network, name, 'device');
    const leading = await leader.todos.syncP2P('family');
    await once(leading, ({ phase }) => phase === 'alone');
    const follower = await openTab(network, name, 'device');
    const following = await follower.todos.syncP2P('family');
    const other = await openTab(network, undefined, 'other');
    const remote = await other.todos.syncP2P('family');
    return { network, leader, leading, follower, following, other, remote };
  }

  it('shows the status, the peers and the problems of the leader, as they change', async () => {
    const { leading, following, remote, other } = await withFollower();
    expect((await following.awaitFirstPeer()).replica).toBe((await firstValueFrom(remote.status$)).replica);
    await once(following, ({ phase }) => phase === 'in-sync');
    expect(await firstValueFrom(following.status$)).toEqual(await firstValueFrom(leading.status$));
    const problem = firstValueFrom(following.error$);
    await other.todos.database.close();
    await once(following, ({ phase }) => phase === 'alone');
    const database = await createRxDatabase({
      ...{ name: `wrong-${process.pid}`, storage: wrappedValidateAjvStorage({ storage: getRxStorageMemory() }) },
      options: other.todos.database.options,
    });
    databases.push(database);
    const wrong = { ...schema, properties: { ...schema.properties, more: { type: 'string' } } };
    const { todos } = await database.addCollections({ todos: { schema: wrong } });
    await todos.syncP2P('family');
    const error = await problem;
    expect(error).toBeInstanceOf(P2PError);
    expect(error.code).toBe('SCHEMA_DIFFERS');
    expect(error.message.match(/SCHEMA_DIFFERS/g)).toHaveLength(1);
    const [peer] = (await once(following, ({ peers }) => peers.length > 0)).peers;
    expect(peer).toMatchObject({ phase: 'refused', code: 'SCHEMA_DIFFERS' });
  });

  it('is in sync only when what it has written is at the peer', async () => {
    const { follower, following, other } = await withFollower();
    for (let i = 0; i < 20; i++) {
      await follower.todos.insert({ id: `f${i}` });
      await following.inSync();
      expect(await idsOf(other.todos)).toContain(`f${i}`);
    }
  });

  it('shows what is contested, with all versions, and what is kept aside', async () => {
    const { network, follower, following, leading, other, remote } = await withFollower();
    await follower.todos.insert({ id: 'milk', text: 'Milk' });
    await following.inSync();
    network.cut('device', 'other');
    await (await follower.todos.findOne('milk').exec())?.patch({ text: 'Oat milk' });
    await (await other.todos.findOne('milk').exec())?.patch({ text: 'Soy milk' });
    network.heal();
    await firstValueFrom(following.conflicts$.pipe(filter((list) => list.length === 1)));
    expect(await firstValueFrom(following.conflicts$)).toEqual(await firstValueFrom(leading.conflicts$));
    const versions = await following.conflicts('milk');
    expect(versions).toEqual(await leading.conflicts('milk'));
    expect(versions.filter(({ own }) => own).map(({ document }) => document.text)).toEqual(['Oat milk']);
    expect(await following.quarantine()).toEqual({ versions: [] });
    const nobody = { id: 'milk', actor: 'nobody', seq: 1 };
    expect(await following.release(nobody)).toBe(false);
    await remote.cancel();
  });

  it('takes back what the leader said when the leader ends, and leads', async () => {
    const { leading, follower, following, other } = await withFollower();
    await following.inSync();
    const phases: string[] = [];
    following.status$.subscribe(({ phase }) => phases.push(phase));
    await leading.cancel();
    await follower.todos.insert({ id: 'after' });
    await following.inSync();
    expect(phases[0]).toBe('in-sync');
    expect(phases).toContain('starting');
    expect(await idsOf(other.todos)).toEqual(['after']);
  });

  it('rejects what it has been asked when it is cancelled', async () => {
    const network = createMemoryNetwork();
    const name = `cancelled-${process.pid}`;
    const [leader, follower] = [await openTab(network, name), await openTab(network, name)];
    await leader.todos.syncP2P('family');
    const following = await follower.todos.syncP2P('family');
    const waiting = following.inSync().catch((error: P2PError) => error.code);
    await once(following, ({ phase }) => phase === 'alone');
    await following.cancel();
    expect(await waiting).toBe('CANCELLED');
  });
});

describe('a collection that is mounted again', () => {
  it('in the middle of a first sync leaves the connection to the others alone', async () => {
    const network = createMemoryNetwork({ delayMs: () => 20 });
    const [a, b] = [await openTab(network), await openTab(network)];
    await b.todos.bulkInsert(Array.from({ length: 3_000 }, (_, i) => ({ id: `d${i}`, text: 'x'.repeat(1_000) })));
    const kept = await a.notes.syncP2P('family');
    await b.notes.syncP2P('family');
    await b.todos.syncP2P('family');
    await kept.inSync();
    const errors: string[] = [];
    kept.error$.subscribe(({ code }) => errors.push(code));
    const first = await a.todos.syncP2P('family');
    await expect.poll(async () => (await idsOf(a.todos)).length, { interval: 2, timeout: 10_000 }).toBeGreaterThan(0);
    await first.cancel();
    const second = await a.todos.syncP2P('family');
    await second.inSync();
    expect(await idsOf(a.todos)).toHaveLength(3_000);
    expect(errors).toEqual([]);
    expect(network.links).toBe(1);
  });
});
