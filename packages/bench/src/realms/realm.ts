/**
 * Pools that are larger than one process may hold: RxDB, without its paid plugins, opens few collections in one instance of its
 * modules, since an application has few. Peers of a benchmark stand for devices, so the modules of some are loaded anew.
 */
import { register } from 'node:module';
import { createReplica, type Replica } from '../replicas.ts';
import type { System, SystemMakers } from '../systems/system.ts';

export interface Realm {
  readonly system: System;
  createReplica(): Promise<Replica>;
}

/** `modules.ts`, once more. */
interface Modules extends SystemMakers {
  createReplica(): Promise<Replica>;
}

/** Peers whose collections one realm opens; RxDB's own limit is 13. */
const REALM_PEERS = 12;

/** The realms of a pool, for the peer of each number. */
export async function openRealms(system: System, peers: number): Promise<(peer: number) => Realm> {
  const count = Math.ceil(peers / REALM_PEERS);
  if (count > 1) register('./hook.js', import.meta.url);
  const first: Realm = { system, createReplica };
  const realms = [first];
  for (let number = 1; number < count; number += 1) {
    const modules = (await import(`./modules.js?realm=${number}`)) as Modules;
    realms.push({ system: system.inRealm(modules), createReplica: modules.createReplica });
  }
  return (peer) => realms[Math.floor(peer / REALM_PEERS)] ?? first;
}
