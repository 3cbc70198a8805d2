/** All that one database shares: its identity, one hub for each transport, one node for each collection. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { TopicKeys } from '@rxdb-p2p/protocol/secrecy';
import type { RxCollection, RxDatabase, RxStorage } from 'rxdb';
import { type Identity, loadIdentity, renewIdentity } from '../identity/identity.ts';
import { isOwnSession, noteSession } from '../identity/tab-sessions.ts';
import { openSidecar, type Sidecar } from '../journal/sidecar.ts';
import { type PoolOptions, sameSecret } from '../plugin/options.ts';
import { randomBytes, randomId } from '../random.ts';
import { createLeadership, type Leadership } from '../tabs/leadership.ts';
import { createPage } from '../tabs/page.ts';
import { openTabChannel } from '../tabs/tab-channel.ts';
import { createTabs } from '../tabs/tabs.ts';
import { createBackoff } from '../transport/backoff.ts';
import { createBlockBook } from './blocks.ts';
import { type CollectionNode, createCollectionNode, STORAGE_RETRY } from './collection-node.ts';
import { createHub } from './hub.ts';
import { createPool, type PoolCore } from './pool.ts';
import { createSecrets } from './secrets.ts';
import { createSharedHubs } from './shared-hubs.ts';
import { storageProblem } from './storage-problem.ts';
import { hex } from './tab-names.ts';
import { createTimers } from './timers.ts';
import type { P2PPool } from './types.ts';

/** Names of the storage instances beside the collections; a collection's name cannot start with an underscore. */
export const IDENTITY_SIDECAR = '_p2p_identity';
export const journalSidecar = (collection: string): string => `_p2p_journal_${collection}`;

export interface DatabaseNode {
  /** @throws P2PError `OPTIONS_DIFFER` */
  open(collection: RxCollection, options: PoolOptions): P2PPool;
  /**
   * Whether RxDB may remove deleted documents of the collection for good. Every delete must be in the journal before, or
   * it would look like lost storage and come back: so not while this collection is synced but not led by this tab.
   */
  mayCleanUp(collection: RxCollection): Promise<boolean>;
}

interface Entry {
  readonly core: PoolCore;
  readonly options: PoolOptions;
  readonly collection: RxCollection;
}

export function createDatabaseNode(database: RxDatabase): DatabaseNode {
  const timers = createTimers();
  const wallClock = (): number => Date.now();
  let leadership: Leadership | undefined;
  const session = randomBytes(16);
  const page = createPage();
  const tab = randomId(16);
  const hesitation = timers.random();
  const closing = new WeakSet<RxCollection>();
  const hooked = new WeakSet<RxCollection>();
  const pools = new Map<string, Entry>();
  let channels = 0;
  const nameChannel = (): string => String(++channels);
  const hubs = createSharedHubs(async (factory) => {
    const { replica, signer: loadSigner } = await loadOnce();
    const { createReplicaHandshake } = await secrets.load();
    const signer = await loadSigner();
    const sidecar = await openedSidecar();
    await noteSession(sidecar, hex(session), wallClock());
    const isOwnTab = async (other: string): Promise<boolean> => isOwnSession(await openedSidecar(), other);
    return createHub({
      ...{ factory, replica, session, timers, randomBytes, wallClock, isOwnTab, nameChannel },
      isBlocked: blocks.isBlocked,
      handshake: (options) => createReplicaHandshake({ ...options, signer }),
      onCloned: (yields) => void cloned(replica, yields).catch(() => undefined),
    });
  });
  const blocks = createBlockBook({
    name: `rxdb-p2p/${database.name}`,
    sidecar: openedSidecar,
    wallClock,
    onChange: (isShorter) => hubs.each((hub) => hub.enforceBlocks(isShorter)),
  });
  const secrets = createSecrets({
    timers,
    sidecar: openedSidecar,
    onProblem(problem) {
      for (const node of nodes.values()) node.report(problem);
    },
    isOver: () => pools.size === 0,
  });
  /** Once is enough for a copy; whoever says again and again that he is us is no copy. */
  let isRenewed = false;
  const renewal = createBackoff(STORAGE_RETRY, timers.random);
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
    const sidecar = identitySidecar ?? openSidecarOf(IDENTITY_SIDECAR);
    identitySidecar = sidecar;
    identity ??= sidecar.then(loadAll).catch(async (error: unknown) => {
      // The next attempt opens it again.
      identity = undefined;
      identitySidecar = undefined;
      await closeOpened(sidecar);
      throw error;
    });
    return identity;
  }

  async function loadAll(sidecar: Sidecar): Promise<Identity> {
    await blocks.open(sidecar);
    return loadIdentity(sidecar);
  }

  async function openedSidecar(): Promise<Sidecar> {
    await loadOnce();
    const sidecar = await identitySidecar;
    if (sidecar === undefined) throw new P2PError('CANCELLED', 'the last pool was cancelled');
    return sidecar;
  }

  /** [CONN-11] One of the two takes a new key pair, and begins anew. */
  async function cloned(replica: string, yields: boolean): Promise<void> {
    if (isRenewed || (await loadOnce()).replica !== replica) return;
    const problem = new P2PError('REPLICA_CLONED', `another device has the key pair of this one, ${replica}`, {
      hint: yields ? 'this device takes a new one' : 'the other one takes a new one; was a browser profile copied?',
    });
    if (!yields) {
      for (const node of nodes.values()) node.report(problem);
      return;
    }
    await renew(problem);
  }

  async function renew(problem: P2PError): Promise<void> {
    isRenewed = true;
    try {
      await replaceKeyPair(problem);
    } catch (error) {
      isRenewed = false;
      // As long as both have one key pair they do not sync with each other.
      for (const node of nodes.values()) node.report(storageProblem(error));
      timers.after(renewal.next(), () => {
        if (!isRenewed && pools.size > 0) void renew(problem);
      });
    }
  }

  async function replaceKeyPair(problem: P2PError): Promise<void> {
    // Until there is another one, the present one stays: whoever asks for it meanwhile is not to fail with that.
    identity = Promise.resolve(await renewIdentity(await openedSidecar()));
    hubs.retire();
    for (const node of nodes.values()) node.restart(problem);
  }

  function nodeOf(collection: RxCollection, conflictHandlerVersion: string): CollectionNode {
    const known = nodes.get(collection);
    if (known !== undefined) return known;
    leadership ??= createLeadership();
    const name = `rxdb-p2p/${database.name}/${collection.name}`;
    const openChannel = openTabChannel;
    let isNoted = false;
    /** So that removing the database removes the journal. */
    const noted = async (): Promise<void> => {
      if (isNoted) return;
      await (await identitySidecar)?.insert([{ key: `journal:${collection.name}`, text: '{"v":1}' }]);
      isNoted = true;
    };
    const node = createCollectionNode({
      ...{ collection, conflictHandlerVersion, timers, wallClock, identity: loadOnce },
      tabs: createTabs({ name, tab, leadership, timers, wallClock, page, hesitation, openChannel }),
      openSidecar: async () => {
        await noted();
        return openSidecarOf(journalSidecar(collection.name));
      },
    });
    nodes.set(collection, node);
    return node;
  }

  /** A collection tells that it closes to whom it was told once, whatever number of pools come and go. */
  function onceClosing(collection: RxCollection): void {
    if (hooked.has(collection)) return;
    hooked.add(collection);
    collection.onClose.push(() => {
      closing.add(collection);
      const reason = new P2PError('COLLECTION_CLOSED', `collection ${collection.name} was closed or removed`);
      return Promise.all(
        [...pools.values()].filter((entry) => entry.collection === collection).map(({ core }) => core.cancel(reason)),
      );
    });
  }

  /** Gives back what no other pool uses. */
  async function release(key: string, collection: RxCollection): Promise<void> {
    pools.delete(key);
    const others = [...pools.values()];
    const closings: Promise<unknown>[] = [];
    if (!others.some((other) => other.collection === collection)) {
      const node = nodes.get(collection);
      nodes.delete(collection);
      if (node !== undefined) closings.push(node.close());
    }
    await Promise.all(closings);
    if (pools.size > 0 || identitySidecar === undefined) return;
    const sidecar = identitySidecar;
    identitySidecar = undefined;
    identity = undefined;
    blocks.close();
    await closeOpened(sidecar);
  }

  /** What failed to open needs no closing; whoever needed it was told. */
  function closeOpened(sidecar: Promise<Sidecar>): Promise<void> {
    return sidecar.then(
      (opened) => opened.close(),
      () => undefined,
    );
  }

  return {
    async mayCleanUp(collection) {
      const node = nodes.get(collection);
      if (node !== undefined) return node.journalDeletes();
      const sidecar = await openSidecarOf(IDENTITY_SIDECAR);
      const rows = await sidecar.readAll();
      await sidecar.close();
      return !rows.some(({ key }) => key === `journal:${collection.name}`);
    },
    open(collection, options) {
      const key = JSON.stringify([collection.name, options.name]);
      const existing = pools.get(key);
      if (existing !== undefined && existing.collection === collection) {
        if (isSame(existing.options, options)) return existing.core.handle();
        throw new P2PError('OPTIONS_DIFFER', `topic ${JSON.stringify(options.topic)} is open with other options`, {
          hint: 'use the same options (secret, and functions isPeerValid and authorize), or cancel the other pool first',
        });
      }
      if (closing.has(collection))
        throw new P2PError('COLLECTION_CLOSED', `collection ${collection.name} is being closed`);
      const version = options.conflictHandlerVersion;
      if (
        [...pools.values()].some(
          (other) => other.collection === collection && other.options.conflictHandlerVersion !== version,
        )
      ) {
        throw new P2PError(
          'OPTIONS_DIFFER',
          `collection ${collection.name} is open with another conflictHandlerVersion`,
          {
            hint: 'use one version for all topics of a collection',
          },
        );
      }
      leadership ??= createLeadership();
      if (!nodes.has(collection)) onceClosing(collection);
      const node = nodeOf(collection, version);
      if (options.secret === undefined) secrets.warn();
      let keys: Promise<TopicKeys> | undefined;
      const core = createPool({
        options,
        node,
        async useHub() {
          options.transport.preload?.();
          keys ??= secrets.keysOf(options).catch((error: unknown) => {
            keys = undefined;
            throw error;
          });
          const derived = await keys;
          return { ...(await hubs.use(options.transport)), keys: derived };
        },
        timers,
        wallClock,
        blocks,
        onCancelled: () => release(key, collection),
      });
      const entry: Entry = { core, options, collection };
      pools.set(key, entry);
      return core.handle();
    },
  };
}

function isSame(a: PoolOptions, b: PoolOptions): boolean {
  const { isPeerValid, authorize } = a.rules;
  if (a.key !== b.key || !sameSecret(a.secret, b.secret)) return false;
  return isPeerValid === b.rules.isPeerValid && authorize === b.rules.authorize;
}
