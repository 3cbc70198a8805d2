import { describe, expect, it } from 'vitest';
import { createRoomUsers } from './room-users.ts';

const KEY = new Uint8Array(32);

describe('room users', () => {
  it('joins with the first and leaves with the last', () => {
    const seen: string[] = [];
    const users = createRoomUsers({
      wanted: (room) => seen.push(`+${room}`),
      unwanted: (room) => seen.push(`-${room}`),
    });
    const [one, two] = [users.use('a', KEY), users.use('a', KEY)];
    one();
    one();
    expect(seen).toEqual(['+a']);
    two();
    expect(seen).toEqual(['+a', '-a']);
    users.use('b', KEY);
    users.use('b', KEY);
    users.use('c', KEY);
    expect([...users.entries]).toEqual([
      ['b', KEY],
      ['c', KEY],
    ]);
    users.clear();
    expect(seen).toEqual(['+a', '-a', '+b', '+c', '-b', '-c']);
  });
});
