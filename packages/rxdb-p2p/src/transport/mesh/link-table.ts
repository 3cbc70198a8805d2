/** The links of a transport: one for each remote transport, with the rooms for which it is kept. */
import type { DataChannelLink } from '../webrtc/data-channel-link.ts';
import type { PeerConnection } from '../webrtc/peer-connection.ts';

export interface LinkEntry {
  /** name of the remote transport */
  readonly instance: string;
  /** name of the connection */
  readonly name: string;
  readonly link: DataChannelLink;
  /** the room in which it was made */
  readonly room: string;
  readonly connection: PeerConnection;
  /** rooms of ours in which the remote is, as far as we know */
  readonly rooms: Set<string>;
  /** when it opened, milliseconds */
  readonly since: number;
}

export interface LinkTable extends Iterable<LinkEntry> {
  readonly size: number;
  get(instance: string): LinkEntry | undefined;
  /** By the name of its connection. */
  named(name: string): LinkEntry | undefined;
  add(entry: LinkEntry): void;
  /** Returns whether it was there. */
  remove(entry: LinkEntry): boolean;
  /** Links that are of no use, whose places others may have. */
  readonly spare: readonly LinkEntry[];
  /** Links of use that are kept for a room. */
  count(room: string): number;
}

export function createLinkTable(): LinkTable {
  const links = new Map<string, LinkEntry>();
  return {
    [Symbol.iterator]: () => [...links.values()][Symbol.iterator](),
    get size() {
      return links.size;
    },
    get spare() {
      return [...links.values()].filter(({ link }) => link.isSpare);
    },
    get: (instance) => links.get(instance),
    named(name) {
      for (const entry of links.values()) if (entry.name === name) return entry;
      return undefined;
    },
    add: (entry) => void links.set(entry.instance, entry),
    remove: (entry) => links.get(entry.instance) === entry && links.delete(entry.instance),
    count: (room) => [...links.values()].filter(({ rooms, link }) => rooms.has(room) && !link.isSpare).length,
  };
}
