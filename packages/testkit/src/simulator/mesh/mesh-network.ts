/** The network of a pool in which not everybody is linked with everybody: the real mesh on simulated WebRTC. */
import { base64url, createAssembler, decodeFrame } from '@rxdb-p2p/protocol';
import * as library from '@rxdb-p2p/protocol/secrecy';
import {
  createMesh,
  createRoomUsers,
  type Link,
  MESH_LIMITS,
  type MeshLimits,
  type TransportFactory,
} from 'rxdb-p2p/testing';
import type { Random } from '../random.ts';
import type { VirtualTime } from '../virtual-time.ts';
import { createSimConnections, type SimConnectionsOptions } from './connections.ts';
import { createSimSignaling, type SimSignaling } from './signaling.ts';

export interface MeshNetwork {
  factory(name: string): TransportFactory;
  readonly signaling: SimSignaling;
  /** Nothing passes between the two, and nobody is told, until `heal`. */
  cut(a: string, b: string): void;
  heal(): void;
  /** Links of each device that are open now, by the names of the others. */
  links(): ReadonlyMap<string, readonly string[]>;
  /** The most links that any device has had at once. */
  readonly mostLinks: number;
  /** Links made so far, each counted once. */
  readonly linksMade: number;
  /** Versions sent so far. */
  readonly versions: number;
}

export interface MeshNetworkOptions extends Omit<SimConnectionsOptions, 'tap'> {
  readonly limits?: Partial<MeshLimits>;
}

export function createMeshNetwork(time: VirtualTime, random: Random, options: MeshNetworkOptions): MeshNetwork {
  const limits = { ...MESH_LIMITS, ...options.limits };
  const signaling = createSimSignaling(time, random);
  const open = new Map<string, Set<Link>>();
  const names = new Map<string, string>();
  let mostLinks = 0;
  let linksMade = 0;
  let versions = 0;

  const connections = createSimConnections(time, random, {
    ...options,
    tap(message) {
      const bytes = createAssembler().push(message);
      const frame = bytes === undefined ? undefined : decodeFrame(bytes);
      if (frame?.type === 'entries' || frame?.type === 'push') versions += frame.versions.length;
    },
  });

  function watch(name: string, link: Link): Link {
    const own = open.get(name) ?? new Set();
    open.set(name, own.add(link));
    mostLinks = Math.max(mostLinks, own.size);
    if (link.initiator) linksMade++;
    // The owner of a link has its only listener.
    return {
      ...link,
      get bufferedBytes() {
        return link.bufferedBytes;
      },
      onClose(listener) {
        link.onClose((reason) => {
          own.delete(link);
          listener(reason);
        });
      },
    };
  }

  return {
    signaling,
    get mostLinks() {
      return mostLinks;
    },
    get linksMade() {
      return linksMade;
    },
    get versions() {
      return versions;
    },
    cut: connections.cut,
    heal: connections.heal,
    links() {
      const named = [...open].map(
        ([name, links]) => [name, [...links].map(({ remoteId }) => nameOf(remoteId))] as const,
      );
      return new Map(named);
    },
    factory: (name) => ({
      key: `mesh ${name}`,
      create({ onLink }) {
        let first = true;
        const mesh = createMesh({
          createSignaling: signaling.connect,
          connect: (initiator, events) => connections.connect(name, initiator, events),
          limits,
          timers: time,
          randomName() {
            const made = base64url(random.bytes(16));
            // The first name is the transport's own.
            if (first) names.set(made, name);
            first = false;
            return made;
          },
          ...{ randomBytes: random.bytes, library, onRefused: () => undefined, onUnreachable: () => undefined },
          onLink: (link) => onLink(watch(name, link)),
        });
        const users = createRoomUsers({ wanted: mesh.join, unwanted: mesh.leave });
        return { join: users.use, redial: mesh.redial, close: mesh.close };
      },
    }),
  };

  function nameOf(instance: string): string {
    return names.get(instance) ?? instance;
  }
}
