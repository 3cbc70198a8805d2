/**
 * Several processes that share their rooms through Redis: a registry of who is where, and a channel for each process.
 * Each decides alone about its own sockets; nothing of one that has died outlasts its leases.
 */
import { performance } from 'node:perf_hooks';
import { RECOVERY_STEP_MS, RENEWALS_PER_LEASE, RENEWED_MEMBERS, RENEWED_ROOMS } from '../limits.ts';
import { byProcess, processOf, randomProcessName } from './peer-names.ts';
import { encodeProcessMessage, type ProcessMessage, parseProcessMessage } from './process-message.ts';
import { openRedisLink } from './redis-link.ts';
import { createRoomRegistry } from './room-registry.ts';

export interface RedisOptions {
  /** `redis://[user:password@]host:port/database`, `rediss://` with TLS, or `unix:///path`; one server, not a Redis Cluster. */
  readonly url: string;
  /** Of all keys and channels, so that several services can share a Redis. Default `rxdb-p2p`. */
  readonly prefix?: string;
}

export interface ClusterEvents {
  onMessage(message: ProcessMessage): void;
  /** Redis was gone, and a room has members on other processes that ours may not know of. */
  onReunited(room: string): void;
  onProblem(problem: Error): void;
}

export interface ClusterDeps {
  /** How long a member that nobody renews is handed out, milliseconds. */
  readonly leaseMs: number;
  /** Rooms in which this process has members, and those. */
  readonly roomNames: () => readonly string[];
  readonly membersOf: (room: string) => readonly string[];
}

export interface Cluster {
  /** Begins the ids of this process's peers. */
  readonly processName: string;
  /** Whether Redis answers. Without it rooms are those of this process. */
  readonly up: boolean;
  isRemote(peer: string): boolean;
  /** Enters a member, and draws some of all the others; undefined: Redis is gone. */
  join(room: string, peer: string): Promise<{ readonly others: readonly string[]; readonly size: number } | undefined>;
  leave(room: string, peer: string): void;
  /** Resolves with false when the recipient's process is gone, or Redis. */
  signal(room: string, from: string, to: string, data: string): Promise<boolean>;
  /** A member of ours was told of these of other processes. */
  met(room: string, listener: string, subjects: readonly string[]): void;
  /** A member of ours is gone; these of other processes were told of it. */
  left(room: string, peer: string, listeners: readonly string[]): void;
  /** Takes our members out of all rooms. */
  close(): Promise<void>;
}

const DEFAULT_PREFIX = 'rxdb-p2p';

export function createCluster(
  { url, prefix = DEFAULT_PREFIX }: RedisOptions,
  { leaseMs, roomNames, membersOf }: ClusterDeps,
  { onMessage, onReunited, onProblem }: ClusterEvents,
): Cluster {
  const processName = randomProcessName();
  const channelOf = (name: string): string => `${prefix}:process:${name}`;
  let renewal: ReturnType<typeof setTimeout> | undefined;
  let ups = 0;
  let closed = false;

  const redis = openRedisLink(
    { url, channel: channelOf(processName) },
    {
      onMessage(text) {
        const message = parseProcessMessage(text);
        if (message !== undefined) onMessage(message);
      },
      onUp() {
        ups += 1;
        void renewAll(ups, true);
      },
      onDown: onProblem,
    },
  );
  const registry = createRoomRegistry(redis, prefix, leaseMs);

  /** Ends when Redis is gone; the next `onUp` begins anew. */
  async function renewAll(session: number, recovering: boolean): Promise<void> {
    clearTimeout(renewal);
    const begun = performance.now();
    const rooms = roomNames();
    for (let next = 0; next < rooms.length && session === ups && redis.up; next += RENEWED_ROOMS) {
      await Promise.all(rooms.slice(next, next + RENEWED_ROOMS).map((room) => renew(room, recovering)));
      if (recovering) await new Promise((resolve) => setTimeout(resolve, RECOVERY_STEP_MS));
    }
    if (session !== ups || !redis.up || closed) return;
    const rest = leaseMs / RENEWALS_PER_LEASE - (performance.now() - begun);
    renewal = setTimeout(() => void renewAll(session, false), Math.max(0, rest));
  }

  async function renew(room: string, recovering: boolean): Promise<void> {
    // As they are now: who has left is not added again.
    const peers = membersOf(room);
    const sizes = await Promise.all(inParts(peers).map((part) => registry.renew(room, part)));
    if (recovering && Math.max(0, ...sizes.map((size) => size ?? 0)) > peers.length) onReunited(room);
  }

  const tell = (name: string, message: ProcessMessage): Promise<number> =>
    redis.publish(channelOf(name), encodeProcessMessage(message));

  return {
    processName,
    get up() {
      return redis.up;
    },
    isRemote: (peer) => (processOf(peer) ?? processName) !== processName,
    join: registry.join,
    leave: (room, peer) => void registry.leave(room, [peer]),
    async signal(room, from, to, data) {
      if ((await tell(processOf(to) ?? '', { kind: 'signal', room, from, to, data })) > 0) return true;
      // Nobody listens for its process any more.
      if (redis.up) await registry.leave(room, [to]);
      return false;
    },
    met(room, listener, subjects) {
      for (const [name, ids] of byProcess(subjects)) void tell(name, { kind: 'met', room, listener, subjects: ids });
    },
    left(room, peer, listeners) {
      for (const [name, ids] of byProcess(listeners)) void tell(name, { kind: 'left', room, peer, listeners: ids });
    },
    async close() {
      closed = true;
      clearTimeout(renewal);
      for (const room of roomNames()) {
        for (const part of inParts(membersOf(room))) void registry.leave(room, part);
      }
      await redis.close();
    },
  };
}

function inParts(peers: readonly string[]): readonly (readonly string[])[] {
  const parts: (readonly string[])[] = [];
  for (let next = 0; next < peers.length; next += RENEWED_MEMBERS)
    parts.push(peers.slice(next, next + RENEWED_MEMBERS));
  return parts;
}
