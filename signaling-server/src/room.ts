/** The members of one room: joining, leaving and drawing a sample take the same time in a room of any size. */
import { MAX_ROOM_SAMPLE } from '@rxdb-p2p/protocol/signaling';
import { createMember, forget, introduce, type Member } from './acquaintance.ts';
import { sampleIndexes } from './sample.ts';

export interface Room {
  readonly size: number;
  has(id: string): boolean;
  /** Adds a member, unless it is one, and tells it of a random sample of the others. */
  join(id: string): readonly string[];
  /** Removes a member and returns those who have to hear of it. */
  leave(id: string): readonly string[];
  /** Notes that two members have heard of each other. */
  acquaint(one: string, other: string): void;
}

export function createRoom(random: () => number): Room {
  // Members by position, for drawing by number; the last one takes the place of one who leaves.
  const members: Member[] = [];
  const positions = new Map<string, number>();

  const find = (id: string): Member | undefined => {
    const position = positions.get(id);
    return position === undefined ? undefined : members[position];
  };

  return {
    get size() {
      return members.length;
    },
    has: (id) => positions.has(id),
    join(id) {
      const member = find(id) ?? createMember(id);
      const own = positions.get(id) ?? members.push(member) - 1;
      positions.set(id, own);
      // Numbers of the others: those from the own position on are one higher.
      const numbers = sampleIndexes(members.length - 1, MAX_ROOM_SAMPLE, random);
      const told = numbers.flatMap((number) => members[number < own ? number : number + 1] ?? []);
      for (const other of told) introduce(member, other);
      return told.map((other) => other.id);
    },
    leave(id) {
      const member = find(id);
      const position = positions.get(id);
      const last = members.at(-1);
      if (member === undefined || position === undefined || last === undefined) return [];
      members[position] = last;
      positions.set(last.id, position);
      members.pop();
      positions.delete(id);
      return forget(member);
    },
    acquaint(one, other) {
      const [first, second] = [find(one), find(other)];
      if (first === undefined || second === undefined) return;
      introduce(first, second);
      introduce(second, first);
    },
  };
}
