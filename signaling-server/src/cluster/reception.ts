/** What other processes tell this one: it decides about its own members alone. */
import type { Delivery } from '../delivery.ts';
import { RECOVERY_MEMBERS } from '../limits.ts';
import type { Rooms } from '../rooms.ts';
import { sampleIndexes } from '../sample.ts';
import type { Cluster, ClusterEvents } from './cluster.ts';
import type { ProcessMessage } from './process-message.ts';

export interface ReceptionDeps {
  readonly rooms: Rooms;
  readonly delivery: Delivery;
  readonly cluster: () => Cluster | undefined;
  /** In [0, 1). */
  readonly random: () => number;
}

export function createReception({
  rooms,
  delivery,
  cluster,
  random,
}: ReceptionDeps): Pick<ClusterEvents, 'onMessage' | 'onReunited'> {
  return {
    onMessage(message: ProcessMessage) {
      const { room } = message;
      switch (message.kind) {
        case 'signal': {
          const { from, to, data } = message;
          if (!rooms.has(room, to)) return cluster()?.left(room, to, [from]);
          rooms.introduce(room, to, from);
          rooms.introduce(room, from, to);
          // One that reads too slowly gets no more; the sender's attempt ends without an answer.
          delivery.signal(to, { room, from, data });
          return;
        }
        case 'met':
          for (const subject of message.subjects) {
            if (rooms.has(room, subject)) rooms.introduce(room, message.listener, subject);
            else cluster()?.left(room, subject, [message.listener]);
          }
          return;
        case 'left':
          rooms.forgetStranger(room, message.peer);
          for (const listener of message.listeners) {
            if (rooms.has(room, listener)) delivery.left(listener, { room, peer: message.peer });
          }
      }
    },
    onReunited(room) {
      const members = rooms.membersOf(room);
      for (const index of sampleIndexes(members.length, RECOVERY_MEMBERS, random)) {
        const member = members[index];
        if (member !== undefined) delivery.changed(member, { room });
      }
    },
  };
}
