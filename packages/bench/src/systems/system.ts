/** What is measured: something that replicates collections over a transport. */
import type { TransportFactory } from 'rxdb-p2p';
import type { BenchCollection, Replica } from '../replicas.ts';

export interface Replication {
  /** Remote peers whose replication is set up. */
  peers(): number;
  /** Resolves when it has nothing to do before a peer comes. */
  ready(): Promise<void>;
  /** Errors it reported so far. */
  errors(): readonly Error[];
  stop(): Promise<void>;
}

/** What makes a system, in one of several copies of the modules (`realms/`). */
export interface SystemMakers {
  createRxdbP2P(secret?: string): System;
  createRxdbWebrtc(options?: { readonly batchSize?: number }): System;
}

export interface System {
  readonly name: string;
  /** Starts to replicate with every other collection on the transport's network. */
  start(collection: BenchCollection, transport: TransportFactory): Promise<Replication>;
  /** Orders two empty replicas as sender and receiver, for a system where it matters which is which. */
  order?(replicas: readonly [Replica, Replica]): Promise<readonly [Replica, Replica]>;
  /** The same, made of another copy of the modules. */
  inRealm(makers: SystemMakers): System;
  /** Whether a message only keeps a connection alive. */
  isKeepAlive(message: Uint8Array): boolean;
}
