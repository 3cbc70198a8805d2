/** One hub for each transport, for all pools that use it; it ends with its last use. */

import type { TopicKeys } from '@rxdb-p2p/protocol/secrecy';
import type { TransportFactory } from '../transport/port.ts';
import type { Hub } from './hub.ts';

export interface HubUse {
  readonly hub: Hub;
  release(): Promise<void>;
}

/** What a pool connects through. */
export interface TopicHub extends HubUse {
  readonly keys: TopicKeys;
}

export interface SharedHubs {
  use(factory: TransportFactory): Promise<HubUse>;
  /** Who comes from now on gets a new one; those in use go on until they are released. */
  retire(): void;
  /** Those that are used and open. */
  each(run: (hub: Hub) => void): void;
}

interface SharedHub {
  readonly hub: Promise<Hub>;
  users: number;
}

export function createSharedHubs(create: (factory: TransportFactory) => Promise<Hub>): SharedHubs {
  const hubs = new Map<string, SharedHub>();

  /** Retired ones that are still used, too. */
  const open = new Set<Hub>();

  async function release({ key }: TransportFactory, shared: SharedHub): Promise<void> {
    shared.users--;
    // A pool that is closed and opened again at once keeps its connections.
    await Promise.resolve();
    if (shared.users > 0) return;
    if (hubs.get(key) === shared) hubs.delete(key);
    const hub = await shared.hub;
    open.delete(hub);
    await hub.close();
  }

  return {
    retire: () => hubs.clear(),
    each(run) {
      for (const hub of open) run(hub);
    },
    async use(factory) {
      const { key } = factory;
      const shared = hubs.get(key) ?? { hub: create(factory), users: 0 };
      hubs.set(key, shared);
      shared.users++;
      try {
        const hub = await shared.hub;
        open.add(hub);
        let released: Promise<void> | undefined;
        return {
          hub,
          release() {
            released ??= release(factory, shared);
            return released;
          },
        };
      } catch (error) {
        // The next pool tries again.
        if (hubs.get(key) === shared) hubs.delete(key);
        throw error;
      }
    },
  };
}
