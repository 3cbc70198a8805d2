/** Who was told of whom in one room: it decides who hears that a member has left. Bounded for each member. */
import { MAX_NOTICES_PER_MEMBER } from './limits.ts';

export interface Member {
  readonly id: string;
  /** those this member was told of, oldest first */
  readonly knows: Set<Member>;
  /** those who were told of this member, oldest first */
  readonly knownBy: Set<Member>;
}

export function createMember(id: string): Member {
  return { id, knows: new Set(), knownBy: new Set() };
}

/** Whether nobody was told of it, and it was told of nobody. */
export function isUnknown({ knows, knownBy }: Member): boolean {
  return knows.size === 0 && knownBy.size === 0;
}

/** Notes that `listener` was told of `subject`; the oldest acquaintance of either makes room for it. */
export function introduce(listener: Member, subject: Member): void {
  separate(listener, subject);
  dropOldest(listener.knows, (oldest) => separate(listener, oldest));
  dropOldest(subject.knownBy, (oldest) => separate(oldest, subject));
  listener.knows.add(subject);
  subject.knownBy.add(listener);
}

/** Forgets a member and returns the ids of those who have to hear of it. */
export function forget(member: Member): readonly string[] {
  const audience = [...member.knownBy];
  for (const listener of audience) separate(listener, member);
  for (const subject of [...member.knows]) separate(member, subject);
  return audience.map((listener) => listener.id);
}

function separate(listener: Member, subject: Member): void {
  listener.knows.delete(subject);
  subject.knownBy.delete(listener);
}

function dropOldest(members: Set<Member>, drop: (oldest: Member) => void): void {
  if (members.size < MAX_NOTICES_PER_MEMBER) return;
  for (const oldest of members) {
    drop(oldest);
    return;
  }
}
