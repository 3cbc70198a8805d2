/** Counts who wants a room, so that a room is joined with the first and left with the last of them. */
export interface RoomUsers {
  readonly rooms: Iterable<string>;
  /** with the key of its topic */
  readonly entries: Iterable<readonly [room: string, key: Uint8Array]>;
  has(room: string): boolean;
  /** Returns what ends this use; it may be called twice. */
  use(room: string, key: Uint8Array): () => void;
  /** Ends all uses. */
  clear(): void;
}

export interface RoomEvents {
  wanted(room: string, key: Uint8Array): void;
  unwanted(room: string): void;
}

export function createRoomUsers(events: RoomEvents): RoomUsers {
  const users = new Map<string, { readonly key: Uint8Array; readonly those: Set<symbol> }>();

  function end(room: string, user: symbol): void {
    const others = users.get(room)?.those;
    if (!others?.delete(user) || others.size > 0) return;
    users.delete(room);
    events.unwanted(room);
  }

  return {
    get rooms() {
      return users.keys();
    },
    get entries() {
      return [...users].map(([room, { key }]) => [room, key] as const);
    },
    has: (room) => users.has(room),
    use(room, key) {
      const user = Symbol(room);
      const others = users.get(room)?.those;
      if (others === undefined) users.set(room, { key, those: new Set([user]) });
      else others.add(user);
      if (others === undefined) events.wanted(room, key);
      return () => end(room, user);
    },
    clear() {
      for (const [room, { those }] of [...users]) for (const user of [...those]) end(room, user);
    },
  };
}
