/** The members of one room: joining, leaving and drawing a sample take the same time in a room of any size. */
import { MAX_ROOM_SAMPLE } from '@rxdb-p2p/protocol/signaling';
import { createMember, forget, introduce, isUnknown, type Member } from './acquaintance.ts';
import { MAX_STRANGERS_PER_MEMBER } from './limits.ts';
import { sampleIndexes } from './sample.ts';

export interface Room {
  /** Members of this process. */
  readonly size: number;
  readonly members: readonly string[];
  has(id: string): boolean;
  /** Adds a member, unless it is one. */
  enter(id: string): void;
  /** Tells a member of a random sample of the others. */
  draw(id: string): readonly string[];
  /** Removes a member and returns those who have to hear of it. */
  leave(id: string): readonly string[];
  /** Notes that `listener` was told of `subject`; one of them is a member, the other may be a stranger: of another process. */
  introduce(listener: string, subject: string): void;
  /** A stranger has left: forgets it. */
  forgetStranger(id: string): void;
}

export function createRoom(random: () => number): Room {
  // Members by position, for drawing by number; the last one takes the place of one who leaves.
  const members: Member[] = [];
  const positions = new Map<string, number>();
  /** Those of other processes whom a member knows, or who know a member; bounded by what each member may know. */
  const strangers = new Map<string, Member>();

  const find = (id: string): Member | undefined => {
    const position = positions.get(id);
    return position === undefined ? undefined : members[position];
  };

  function stranger(id: string): Member {
    const known = strangers.get(id) ?? createMember(id);
    strangers.set(id, known);
    return known;
  }

  function dropUnknown(): void {
    if (strangers.size <= members.length * MAX_STRANGERS_PER_MEMBER) return;
    for (const [id, one] of strangers) if (isUnknown(one)) strangers.delete(id);
  }

  return {
    get size() {
      return members.length;
    },
    get members() {
      return members.map(({ id }) => id);
    },
    has: (id) => positions.has(id),
    enter(id) {
      if (!positions.has(id)) positions.set(id, members.push(createMember(id)) - 1);
    },
    draw(id) {
      const member = find(id);
      const own = positions.get(id);
      if (member === undefined || own === undefined) return [];
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
      const audience = forget(member);
      dropUnknown();
      return audience;
    },
    introduce(listener, subject) {
      const [one, other] = [find(listener), find(subject)];
      if (one === undefined && other === undefined) return;
      introduce(one ?? stranger(listener), other ?? stranger(subject));
      dropUnknown();
    },
    forgetStranger(id) {
      const known = strangers.get(id);
      if (known !== undefined) forget(known);
      strangers.delete(id);
    },
  };
}
