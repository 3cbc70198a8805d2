/** A signaling server on virtual time, as its clients see it: rooms, samples of their members, signals. */
import { MAX_ROOM_SAMPLE } from '@rxdb-p2p/protocol/signaling';
import type { MeshDeps } from 'rxdb-p2p/testing';
import type { Random } from '../random.ts';
import type { VirtualTime } from '../virtual-time.ts';

type Events = Parameters<MeshDeps['createSignaling']>[0];
type Client = ReturnType<MeshDeps['createSignaling']>;

export interface SimSignaling {
  connect(events: Events): Client;
  /** Nobody is connected any more, until `start`. */
  stop(): void;
  start(): void;
}

interface Member {
  /** another one for each connection */
  id: string;
  readonly events: Events;
  /** rooms that it wants to be in */
  readonly rooms: Set<string>;
  online: boolean;
}

/** One way between a client and the server, milliseconds. */
const DELAY_MS = 10;
/** Until a client that has lost its connection has another one, at most, milliseconds. */
const RECONNECT_MS = 1_000;

export function createSimSignaling(time: VirtualTime, random: Random): SimSignaling {
  const clients = new Set<Member>();
  let running = true;
  let lastId = 0;

  const inRoom = (room: string): Member[] => [...clients].filter((client) => client.online && client.rooms.has(room));

  function answerJoin(client: Member, room: string): void {
    const { id } = client;
    time.after(2 * DELAY_MS, () => {
      if (!running || !client.online || client.id !== id || !client.rooms.has(room)) return;
      const others = inRoom(room).filter((other) => other !== client);
      const named = others
        .map((other) => ({ other, order: random.next() }))
        .sort((a, b) => a.order - b.order)
        .slice(0, MAX_ROOM_SAMPLE)
        .map(({ other }) => other.id);
      client.events.onJoined(room, named, others.length + 1);
    });
  }

  function goOnline(client: Member): void {
    time.after(random.next() * RECONNECT_MS, () => {
      if (!running || client.online || !clients.has(client)) return;
      client.id = `id${lastId++}`;
      client.online = true;
      for (const room of client.rooms) answerJoin(client, room);
    });
  }

  function goOffline(client: Member): void {
    if (!client.online) return;
    client.online = false;
    client.events.onDisconnected();
  }

  return {
    stop() {
      running = false;
      for (const client of clients) goOffline(client);
    },
    start() {
      running = true;
      for (const client of clients) goOnline(client);
    },
    connect(events) {
      const client: Member = { id: '', events, rooms: new Set(), online: false };
      clients.add(client);
      goOnline(client);
      return {
        badMessages: 0,
        join(room) {
          client.rooms.add(room);
          if (client.online) answerJoin(client, room);
        },
        leave: (room) => void client.rooms.delete(room),
        signal(room, to, data) {
          const { id } = client;
          time.after(2 * DELAY_MS, () => {
            const receiver = inRoom(room).find((other) => other.id === to);
            if (receiver !== undefined) receiver.events.onSignal(room, id, data);
            else if (client.online && client.id === id) client.events.onSignalRefused(room, to, 'PEER_NOT_IN_ROOM');
          });
        },
        check: () => undefined,
        wake: () => goOnline(client),
        sleep: () => goOffline(client),
        close() {
          clients.delete(client);
          client.online = false;
        },
      };
    },
  };
}
