/** All that one database shares: its identity, one hub for each transport, one node for each collection. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { RxCollection, RxDatabase, RxStorage } from 'rxdb';
import { type Identity, loadIdentity } from '../identity/identity.ts';
import { openSidecar, type Sidecar } from '../journal/sidecar.ts';
import type { PoolOptions } from '../plugin/options.ts';
import { randomBytes } from '../random.ts';
import type { TransportFactory } from '../transport/port.ts';
import { type CollectionNode, createCollectionNode } from './collection-node.ts';
import { createHub, type Hub } from './hub.ts';
import { createLeadership, type Leadership } from './leadership.ts';
import { createPool, type PoolCore } from './pool.ts';
import { createTimers } from './timers.ts';
import type { P2PPool } from './types.ts';

/** Names of the storage instances beside the collections; a collection's name cannot start with an underscore. */
export const IDENTITY_SIDECAR = '_p2p_identity';
export const journalSidecar = (collection: string): string => `_p2p_journal_${collection}`;

export interface DatabaseNode {
  /** @throws P2PError `OPTIONS_DIFFER` */
  open(collection: RxCollection, options: PoolOptions): P2PPool;
}

interface Entry {
  readonly core: PoolCore;
  readonly options: PoolOptions;
  readonly collection: RxCollection;
}

export function createDatabaseNode(database: RxDatabase): DatabaseNode {
  const timers = createTimers();
  const wallClock = (): number => Date.now();
  const leadership: Leadership = createLeadership();
  const pools = new Map<string, Entry>();
  const hubs = new Map<string, Promise<Hub>>();
  const nodes = new Map<RxCollection, CollectionNode>();
  let identitySidecar: Promise<Sidecar> | undefined;
  let identity: Promise<Identity> | undefined;

  const openSidecarOf = (name: string): Promise<Sidecar> =>
    openSidecar({
      storage: database.storage as RxStorage<unknown, unknown>,
      databaseName: database.name,
      databaseInstanceToken: database.token,
      name,
      password: database.password as string | undefined,
    });

  function loadOnce(): Promise<Identity> {
    identitySidecar ??= openSidecarOf(IDENTITY_SIDECAR);
    identity ??= identitySidecar.then(loadIdentity);
    return identity;
  }

  function nodeOf(collection: RxCollection, conflictHandlerVersion: string): CollectionNode {
    const known = nodes.get(collection);
    if (known !== undefined) return known;
    const node = createCollectionNode({
      ...{ collection, conflictHandlerVersion, leadership, timers, identity: loadOnce },
      openSidecar: async () => {
        await identitySidecar?.then((sidecar) =>
          sidecar.insert([{ key: `journal:${collection.name}`, text: '{"v":1}' }]),
        );
        return openSidecarOf(journalSidecar(collection.name));
      },
    });
    nodes.set(collection, node);
    return node;
  }

  function hubOf(factory: TransportFactory): Promise<Hub> {
    const known = hubs.get(factory.key);
    if (known !== undefined) return known;
    const hub = loadOnce().then(({ replica }) => createHub({ factory, replica, timers, randomBytes, wallClock }));
    hubs.set(factory.key, hub);
    return hub;
  }

  /** Gives back what no other pool uses. */
  async function release(key: string, { options }: Entry, collection: RxCollection): Promise<void> {
    pools.delete(key);
    const others = [...pools.values()];
    const closing: Promise<unknown>[] = [];
    if (!others.some((other) => other.options.transport.key === options.transport.key)) {
      const hub = hubs.get(options.transport.key);
      hubs.delete(options.transport.key);
      if (hub !== undefined) closing.push(hub.then((opened) => opened.close()));
    }
    if (!others.some((other) => other.collection === collection)) {
      const node = nodes.get(collection);
      nodes.delete(collection);
      if (node !== undefined) closing.push(node.close());
    }
    await Promise.all(closing);
    if (pools.size > 0 || identitySidecar === undefined) return;
    const sidecar = identitySidecar;
    identitySidecar = undefined;
    identity = undefined;
    await (await sidecar).close();
  }

  return {
    open(collection, options) {
      const key = JSON.stringify([collection.name, options.room]);
      const existing = pools.get(key);
      if (existing !== undefined && existing.collection === collection) {
        if (existing.options.key === options.key) return existing.core.handle();
        throw new P2PError('OPTIONS_DIFFER', `topic ${JSON.stringify(options.topic)} is open with other options`, {
          hint: 'use the same options, or cancel the other pool first',
        });
      }
      const node = nodeOf(collection, options.conflictHandlerVersion);
      const hub = (): Promise<Hub> => hubOf(options.transport);
      const core = createPool({
        options,
        node,
        hub,
        timers,
        wallClock,
        onCancelled: () => release(key, entry, collection),
      });
      const entry: Entry = { core, options, collection };
      pools.set(key, entry);
      collection.onClose.push(() => core.cancel());
      return core.handle();
    },
  };
}
