/** The rooms of a hub, each joined with its first use and left with its last, and the keys of their topics meanwhile. */
import type { TopicKeys } from '@rxdb-p2p/protocol/secrecy';

export interface TopicRooms {
  /** Undefined when nobody uses the room. */
  keysOf(room: string): TopicKeys | undefined;
  /** @returns what ends this use; to be called once */
  use(keys: TopicKeys): () => void;
}

interface TopicRoom {
  readonly keys: TopicKeys;
  uses: number;
  leave: () => void;
}

export function createTopicRooms(join: (room: string, signalKey: Uint8Array) => () => void): TopicRooms {
  const rooms = new Map<string, TopicRoom>();

  function open(keys: TopicKeys): TopicRoom {
    const opened: TopicRoom = { keys, uses: 0, leave: () => undefined };
    // Before it is joined: links may come at once.
    rooms.set(keys.room, opened);
    opened.leave = join(keys.room, keys.signal);
    return opened;
  }

  return {
    keysOf: (room) => rooms.get(room)?.keys,
    use(keys) {
      const room = rooms.get(keys.room) ?? open(keys);
      room.uses++;
      return () => {
        room.uses--;
        if (room.uses > 0) return;
        rooms.delete(keys.room);
        room.leave();
      };
    },
  };
}
