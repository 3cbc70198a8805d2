/** All writes that replicas have minted, by document and by author. */
import type { Dot, Head } from '@rxdb-p2p/protocol';

export interface Write {
  readonly id: string;
  readonly head: Head;
}

export interface Writes {
  add(write: Write): void;
  all(): readonly Write[];
  of(dot: Dot): Write | undefined;
  to(id: string): readonly Write[];
  /** above one number, up to another */
  by(actor: string, above: number, upTo: number): readonly Write[];
}

export function createWrites(): Writes {
  const all: Write[] = [];
  const byDocument = new Map<string, Write[]>();
  const byActor = new Map<string, Write[]>();
  return {
    all: () => all,
    of: ({ actor, seq }) => byActor.get(actor)?.find(({ head }) => head.seq === seq),
    to: (id) => byDocument.get(id) ?? [],
    by: (actor, above, upTo) => (byActor.get(actor) ?? []).filter(({ head }) => head.seq > above && head.seq <= upTo),
    add(write) {
      all.push(write);
      const { id, head } = write;
      byDocument.set(id, [...(byDocument.get(id) ?? []), write]);
      byActor.set(head.actor, [...(byActor.get(head.actor) ?? []), write]);
    },
  };
}
