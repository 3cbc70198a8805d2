import { describe, expect, it } from 'vitest';
import { createRoomUsers } from './room-users.ts';

describe('room users', () => {
  it('joins with the first and leaves with the last', () => {
    const seen: string[] = [];
    const users = createRoomUsers({
      wanted: (room) => seen.push(`+${room}`),
      unwanted: (room) => seen.push(`-${room}`),
    });
    const [one, two] = [users.use('a'), users.use('a')];
    one();
    one();
    expect(seen).toEqual(['+a']);
    two();
    expect(seen).toEqual(['+a', '-a']);
    users.use('b');
    users.use('b');
    users.use('c');
    users.clear();
    expect(seen).toEqual(['+a', '-a', '+b', '+c', '-b', '-c']);
  });
});
