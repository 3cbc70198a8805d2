/** Counts who wants a room, so that a room is joined with the first and left with the last of them. */
export interface RoomUsers {
  readonly rooms: Iterable<string>;
  has(room: string): boolean;
  /** Returns what ends this use; it may be called twice. */
  use(room: string): () => void;
  /** Ends all uses. */
  clear(): void;
}

export interface RoomEvents {
  wanted(room: string): void;
  unwanted(room: string): void;
}

export function createRoomUsers(events: RoomEvents): RoomUsers {
  const users = new Map<string, Set<symbol>>();

  function end(room: string, user: symbol): void {
    const others = users.get(room);
    if (!others?.delete(user) || others.size > 0) return;
    users.delete(room);
    events.unwanted(room);
  }

  return {
    get rooms() {
      return users.keys();
    },
    has: (room) => users.has(room),
    use(room) {
      const user = Symbol(room);
      const others = users.get(room);
      if (others === undefined) users.set(room, new Set([user]));
      else others.add(user);
      if (others === undefined) events.wanted(room);
      return () => end(room, user);
    },
    clear() {
      for (const [room, own] of [...users]) for (const user of [...own]) end(room, user);
    },
  };
}
