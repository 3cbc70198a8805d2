/** A full mesh of replicas that replicate, for the scenarios with more than two. */
import { createNetwork, type Network } from '../network.ts';
import { openRealms } from '../realms/realm.ts';
import type { BenchCollection } from '../replicas.ts';
import type { System } from '../systems/system.ts';
import { still, until } from '../waiting.ts';

export interface PoolMember {
  readonly collection: BenchCollection;
  /** Remote peers whose replication is set up. */
  peers(): number;
  /** Stops replicating, and begins anew with what is stored. @param between runs while it is stopped */
  restart(between: () => Promise<void>): Promise<void>;
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

/** Setting up 120 pairs takes a few seconds. */
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
  const realmOf = await openRealms(system, size);
  const replicas = await Promise.all(Array.from({ length: size }, (_, index) => realmOf(index).createReplica()));
  const starts = replicas.map(({ collection }, index) => {
    const factory = network.factory();
    return () => realmOf(index).system.start(collection, factory);
  });
  const replications = await Promise.all(starts.map((start) => start()));
  const members = replicas.map((replica, index): PoolMember => {
    let present = true;
    return {
      collection: replica.collection,
      peers: () => replications[index]?.peers() ?? 0,
      async restart(between: () => Promise<void>): Promise<void> {
        const start = starts[index];
        if (start === undefined) return;
        await replications[index]?.stop();
        await between();
        replications[index] = await start();
      },
      async leave(): Promise<void> {
        if (!present) return;
        present = false;
        await replications[index]?.stop();
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
