/**
 * What all connections of one address do together. An account outlives its connections until its buckets are full
 * again, so that connecting anew does not refill them.
 */
import type { SignalingLimits } from './limits.ts';
import { MAX_IDLE_ACCOUNTS } from './limits.ts';
import { createTokenBucket, type TokenBucket } from './token-bucket.ts';

export interface AddressAccount {
  readonly bytes: TokenBucket;
  readonly requests: TokenBucket;
  readonly joins: TokenBucket;
  /** One more membership of a room, unless there are too many. */
  enterRoom(): boolean;
  exitRoom(): void;
  /** The connection has ended. Once. */
  close(): void;
}

export interface AddressAccounts {
  /** Addresses that are remembered. */
  readonly size: number;
  /** One more connection; undefined when the address has too many, or makes them too fast. */
  open(address: string): AddressAccount | undefined;
}

interface Account {
  readonly attempts: TokenBucket;
  readonly bytes: TokenBucket;
  readonly requests: TokenBucket;
  readonly joins: TokenBucket;
  connections: number;
  rooms: number;
}

/** `now` is a clock in milliseconds that never goes back. */
export function createAddressAccounts(limits: SignalingLimits, now: () => number): AddressAccounts {
  const busy = new Map<string, Account>();
  /** Without a connection, in the order in which they lost the last one. */
  const idle = new Map<string, { readonly account: Account; readonly since: number }>();
  const refillMs = 1_000 * longestRefillSeconds(limits);

  function create(): Account {
    return {
      attempts: createTokenBucket(limits.addressConnectBurst, limits.addressConnectsPerSecond, now),
      bytes: createTokenBucket(limits.addressByteBurst, limits.addressBytesPerSecond, now),
      requests: createTokenBucket(limits.addressRequestBurst, limits.addressRequestsPerSecond, now),
      joins: createTokenBucket(limits.addressJoinBurst, limits.addressJoinsPerSecond, now),
      connections: 0,
      rooms: 0,
    };
  }

  /** Each was added once, so this costs each connection O(1) over time. */
  function forgetIdle(): void {
    const before = now() - refillMs;
    for (const [address, { since }] of idle) {
      if (since > before && idle.size <= MAX_IDLE_ACCOUNTS) return;
      idle.delete(address);
    }
  }

  function rest(address: string, account: Account): void {
    busy.delete(address);
    idle.set(address, { account, since: now() });
    forgetIdle();
  }

  function open(address: string): AddressAccount | undefined {
    const account = busy.get(address) ?? idle.get(address)?.account ?? create();
    const admitted = account.connections < limits.addressConnections && account.attempts.take(1);
    if (!admitted && account.connections > 0) return undefined;
    if (!admitted) {
      idle.delete(address);
      rest(address, account);
      return undefined;
    }
    idle.delete(address);
    busy.set(address, account);
    account.connections += 1;
    return {
      bytes: account.bytes,
      requests: account.requests,
      joins: account.joins,
      enterRoom() {
        if (account.rooms >= limits.addressRooms) return false;
        account.rooms += 1;
        return true;
      },
      exitRoom() {
        account.rooms -= 1;
      },
      close() {
        account.connections -= 1;
        if (account.connections === 0) rest(address, account);
      },
    };
  }

  return {
    get size() {
      return busy.size + idle.size;
    },
    open,
  };
}

function longestRefillSeconds(limits: SignalingLimits): number {
  return Math.max(
    limits.addressConnectBurst / limits.addressConnectsPerSecond,
    limits.addressByteBurst / limits.addressBytesPerSecond,
    limits.addressRequestBurst / limits.addressRequestsPerSecond,
    limits.addressJoinBurst / limits.addressJoinsPerSecond,
  );
}
