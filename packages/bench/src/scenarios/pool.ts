/** A full mesh of replicas that replicate, for the scenarios with more than two. */
import { createNetwork, type Network } from '../network.ts';
import { type BenchCollection, createReplica } from '../replicas.ts';
import type { System } from '../systems/system.ts';
import { still, until } from '../waiting.ts';

export interface PoolMember {
  readonly collection: BenchCollection;
  /** Remote peers whose replication is set up. */
  peers(): number;
  /** Leaves the pool and forgets its documents. */
  leave(): Promise<void>;
}

export interface Pool {
  readonly network: Network;
  readonly members: readonly PoolMember[];
  /** Resolves to whether, from now on, nothing but keep-alives crossed the network for as long, before time was up. */
  quiet(forMs: number, timeoutMs: number): Promise<boolean>;
  /** Throws when a replication has reported an error. */
  check(): void;
  close(): Promise<void>;
}

/** Setting up 66 pairs takes a second or two. */
const CONNECT_TIMEOUT_MS = 60_000;
const SETTLED_MS = 500;

/** Resolves when each of these is connected to all the others and nothing is under way. */
export async function meshed(pool: Pool, members: readonly PoolMember[]): Promise<void> {
  const connected = await until(
    () => members.every((member) => member.peers() === members.length - 1),
    CONNECT_TIMEOUT_MS,
  );
  if (!connected) throw new Error(`a mesh of ${members.length} was not connected after ${CONNECT_TIMEOUT_MS} ms`);
  const quiet = await pool.quiet(SETTLED_MS, CONNECT_TIMEOUT_MS);
  if (!quiet) throw new Error(`a mesh of ${members.length} was not quiet after ${CONNECT_TIMEOUT_MS} ms`);
}

export async function openPool(system: System, size: number, latencyMs: number): Promise<Pool> {
  const network = createNetwork(latencyMs);
  let messages = 0;
  network.onMessage((message) => {
    if (!system.isKeepAlive(message)) messages += 1;
  });
  const replicas = await Promise.all(Array.from({ length: size }, createReplica));
  const replications = await Promise.all(replicas.map(({ collection }) => system.start(collection, network.factory())));
  const members = replicas.map((replica, index): PoolMember => {
    const replication = replications[index];
    let present = true;
    return {
      collection: replica.collection,
      peers: () => replication?.peers() ?? 0,
      async leave(): Promise<void> {
        if (!present) return;
        present = false;
        await replication?.stop();
        await replica.remove();
      },
    };
  });
  const pool: Pool = {
    network,
    members,
    quiet: (forMs: number, timeoutMs: number) => still(() => messages, forMs, timeoutMs),
    check(): void {
      const errors = replications.flatMap((replication) => replication.errors());
      if (errors.length > 0) throw new AggregateError(errors, `${system.name} reported errors`);
    },
    async close(): Promise<void> {
      await Promise.all(members.map((member) => member.leave()));
    },
  };
  await meshed(pool, members);
  return pool;
}
