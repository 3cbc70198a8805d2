/** Who takes part in a pool: its open channels, who was refused, and what is known of their connections. */
import type { P2PError, SyncFrame } from '@rxdb-p2p/protocol';
import type { LinkRoute } from '../transport/port.ts';
import type { OpenChannel } from './hub.ts';
import type { LedCollection } from './led-collection.ts';
import { isComplete, peerSnapshot, refusedSnapshot } from './snapshots.ts';
import type { Timers } from './timers.ts';
import type { PeerSnapshot } from './types.ts';

export interface PoolChannels {
  opened(channel: OpenChannel): void;
  received(channel: OpenChannel, frame: SyncFrame): void;
  closed(channel: OpenChannel): void;
  refused(replica: string, code: P2PError['code']): void;
  gone(replica: string): void;
  peers(): PeerSnapshot[];
  /** The channels are over; what is known of their peers stays. */
  stop(): void;
}

export interface PoolChannelsDeps {
  readonly led: LedCollection;
  readonly timers: Timers;
  /** When each peer last held the same writes; outlives its channels. */
  readonly completions: Completions;
  readonly onChange: () => void;
}

/** How often routes and round-trip times are asked for, milliseconds, and for the first time after a channel opens. */
const ROUTE_POLL_MS = 5_000;
const FIRST_ROUTE_MS = 200;

export function createPoolChannels({ led, timers, completions, onChange }: PoolChannelsDeps): PoolChannels {
  const channels = new Map<string, OpenChannel>();
  const routes = new Map<string, LinkRoute>();
  const refusals = new Map<string, string>();
  let stopPolling: (() => void) | undefined;
  let stopped = false;

  function pollIn(ms: number): void {
    stopPolling?.();
    stopPolling = stopped || channels.size === 0 ? undefined : timers.after(ms, () => void poll());
  }

  async function poll(): Promise<void> {
    for (const channel of [...channels.values()]) {
      // Statistics of a connection that is just ending may be refused: then nothing is known of it.
      const route = await channel.route().catch(() => undefined);
      if (route === undefined || !channels.has(channel.id)) continue;
      routes.set(channel.id, route);
    }
    if (stopped) return;
    onChange();
    pollIn(ROUTE_POLL_MS);
  }

  function forget(id: string): boolean {
    routes.delete(id);
    return channels.delete(id);
  }

  return {
    opened(channel) {
      // [CONN-3] The replica has reloaded its page, or another of its tabs has taken over: the newer channel counts.
      for (const older of [...channels.values()]) {
        if (older.replica !== channel.replica) continue;
        forget(older.id);
        led.sync.left(older.id);
        older.drop();
      }
      channels.set(channel.id, channel);
      refusals.delete(channel.replica);
      led.sync.joined(channel.id, channel);
      pollIn(FIRST_ROUTE_MS);
      onChange();
    },
    received: (channel, frame) => led.sync.received(channel.id, frame),
    closed(channel) {
      if (!forget(channel.id)) return;
      led.sync.left(channel.id);
      onChange();
    },
    refused(replica, code) {
      refusals.set(replica, code);
      onChange();
    },
    gone(replica) {
      refusals.delete(replica);
      onChange();
    },
    peers() {
      const found = new Map<string, PeerSnapshot>();
      for (const [replica, code] of refusals) found.set(replica, refusedSnapshot(replica, code));
      const { state, meter } = led.sync;
      for (const { id, replica } of channels.values()) {
        const neighbour = state.neighbours.get(id);
        if (neighbour === undefined) continue;
        const current = peerSnapshot({ id, replica, route: routes.get(id) }, neighbour, state, meter);
        if (isComplete(current)) completions.note(replica);
        const lastCompleteAt = completions.at(replica);
        found.set(replica, lastCompleteAt === undefined ? current : { ...current, lastCompleteAt });
      }
      return [...found.values()];
    },
    stop() {
      stopped = true;
      stopPolling?.();
      for (const id of channels.keys()) led.sync.left(id);
      channels.clear();
    },
  };
}

export interface Completions {
  note(replica: string): void;
  /** milliseconds since 1970 */
  at(replica: string): number | undefined;
}

/** Peers whose last completion is remembered: ids cost a peer nothing. */
const MAX_REMEMBERED_PEERS = 1_024;

export function createCompletions(wallClock: () => number): Completions {
  const times = new Map<string, number>();
  return {
    note(replica) {
      times.delete(replica);
      times.set(replica, wallClock());
      const [oldest] = times.keys();
      if (times.size > MAX_REMEMBERED_PEERS && oldest !== undefined) times.delete(oldest);
    },
    at: (replica) => times.get(replica),
  };
}
