import { describe, expect, it } from 'vitest';
import { MAX_VECTOR_ENTRIES } from '../limits.ts';
import { forSeeds } from '../testing/random.ts';
import {
  changes,
  createSession,
  effectsOf,
  type FrameOf,
  hashOf,
  type Session,
  sent,
  vector,
  whole,
} from '../testing/session.ts';
import { EMPTY_PRINT } from '../version/fingerprint.ts';
import { bytesEqual, hashVector, sameVector, type Vector } from '../version/vector.ts';
import { type Agreement, agreementWith } from './agreement.ts';
import type { SyncFrame } from './sync-types.ts';

const OWN = vector({ me: 2, b: 1 });
const SENDS = { outgoing: true, incoming: false };
const TAKES = { outgoing: false, incoming: true };

/** A session that has met a neighbour with the same vector. */
function settled(known: Vector = OWN): Session {
  const session = createSession(known);
  session.join('n');
  session.hear('n', hashOf(known));
  return session;
}

function remoteOf(session: Session, id = 'n'): Vector | null | undefined {
  return session.state.neighbours.get(id)?.remote;
}

function phaseWith({ state }: Session): Agreement | undefined {
  const neighbour = state.neighbours.get('n');
  return neighbour === undefined ? undefined : agreementWith(state, neighbour);
}

/** As on a channel that goes one way. */
function withoutPrint({ fingerprint: _, ...have }: FrameOf<'have'>): FrameOf<'have'> {
  return have;
}

describe('HAVE', () => {
  it('[SYNC-1] the first one is the hash of the vector', () => {
    const effects = createSession(OWN).join('n');
    expect(effects).toStrictEqual([{ type: 'send', neighbour: 'n', frame: hashOf(OWN) }]);
  });

  it('[SYNC-1] equal hashes end it: both know what the other has', () => {
    const session = createSession(OWN);
    session.join('n');
    expect(session.hear('n', hashOf(OWN))).toStrictEqual([]);
    expect(remoteOf(session)).toStrictEqual(OWN);
  });

  it('[SYNC-1] the whole vector answers a hash that differs', () => {
    const session = createSession(OWN);
    session.join('n');
    expect(sent(session.hear('n', hashOf(vector({ b: 1 }))), 'have')).toStrictEqual([whole(OWN)]);
    expect(remoteOf(session)).toBeNull();
  });

  it('[SYNC-1] the whole vector is not answered again by one who has sent it', () => {
    const session = createSession(OWN);
    session.join('n');
    session.hear('n', hashOf(vector({ b: 1 })));
    expect(sent(session.hear('n', whole(vector({ b: 1 }))), 'have')).toStrictEqual([]);
    expect(remoteOf(session)).toStrictEqual(vector({ b: 1 }));
  });

  it('[SYNC-1] the whole vector is answered by the whole one where only a hash was said', () => {
    const session = createSession(OWN);
    session.join('n');
    expect(sent(session.hear('n', whole(vector({ b: 1 }))), 'have')).toStrictEqual([whole(OWN)]);
  });

  it('[SYNC-1] after that only what changed is said; 0 for what is gone', () => {
    const session = settled();
    session.commit(vector({ me: 3, c: 7 }));
    expect(sent(session.timer('have'), 'have')).toStrictEqual([
      changes(vector({ me: 3, c: 7 }), vector({ me: 3, c: 7, b: 0 })),
    ]);
    session.commit(vector({ me: 3, c: 8 }));
    expect(sent(session.timer('have'), 'have')).toStrictEqual([changes(vector({ me: 3, c: 8 }), vector({ c: 8 }))]);
  });

  it('[SYNC-1] to one who has heard a hash only, the whole vector is said', () => {
    const session = createSession(OWN);
    session.join('n');
    session.commit(vector({ me: 3 }));
    expect(sent(session.timer('have'), 'have')).toStrictEqual([whole(vector({ me: 3 }))]);
  });

  it('[SYNC-1] changes that do not lead to their hash are answered with a hash, which brings the whole', () => {
    const session = settled();
    const theirs = vector({ b: 5, c: 1 });
    expect(sent(session.hear('n', changes(theirs, vector({ c: 1 }))), 'have')).toStrictEqual([hashOf(OWN)]);
    expect(remoteOf(session)).toBeNull();
    const other = createSession(theirs);
    other.join('n');
    const [answer] = sent(other.hear('n', hashOf(OWN)), 'have');
    expect(answer).toStrictEqual(whole(theirs));
    session.hear('n', answer as SyncFrame);
    expect(remoteOf(session)).toStrictEqual(theirs);
  });

  it('[SYNC-2] replaces what was known, also where it is less', () => {
    const session = settled();
    session.hear('n', changes(vector({ me: 1 }), vector({ me: 1, b: 0 })));
    expect(remoteOf(session)).toStrictEqual(vector({ me: 1 }));
    session.hear('n', whole(vector({ c: 9 })));
    expect(remoteOf(session)).toStrictEqual(vector({ c: 9 }));
  });

  it('[SYNC-2] whoever sends nothing tells of those whom the other one has named, and of nobody else', () => {
    const session = createSession(vector({ me: 2, b: 5, c: 1 }));
    const nothing = new Map();
    expect(sent(session.join('n', TAKES), 'have')).toStrictEqual([withoutPrint(hashOf(nothing))]);
    expect(sent(session.hear('n', hashOf(vector({ b: 1 }))), 'have')).toStrictEqual([withoutPrint(whole(nothing))]);
    expect(effectsOf(session.hear('n', whole(vector({ b: 1 }))), 'start-timer')).toMatchObject([{ timer: 'have' }]);
    // All of it, not as much as the other one knows: it may have been set back.
    const known = withoutPrint(changes(vector({ b: 5 }), vector({ b: 5 })));
    expect(sent(session.timer('have'), 'have')).toStrictEqual([known]);
    session.commit(vector({ me: 3, b: 5, c: 2 }));
    expect(sent(session.timer('have'), 'have')).toStrictEqual([]);
    session.commit(vector({ me: 3, b: 6, c: 2 }));
    const changed = withoutPrint(changes(vector({ b: 6 }), vector({ b: 6 })));
    expect(sent(session.timer('have'), 'have')).toStrictEqual([changed]);
    expect(sent(createSession(OWN).join('n', SENDS), 'have')).toStrictEqual([withoutPrint(hashOf(OWN))]);
  });

  it('[SYNC-15] tells of a fingerprint that has changed, but not half-way through a catch-up', () => {
    const sum = (byte: number) => new Uint8Array(16).fill(byte);
    const session = createSession(OWN);
    session.join('n');
    session.hear('n', whole(OWN));
    expect(phaseWith(session)).toBe('same');
    session.commit(OWN, { fingerprint: { sum: sum(1), settled: true } });
    expect(phaseWith(session)).toBe('different');
    expect(sent(session.timer('have'), 'have')[0]?.fingerprint).toStrictEqual({ sum: sum(1), settled: true });
    expect(sent(session.timer('have'), 'have')).toStrictEqual([]);
    session.commit(OWN, { fingerprint: { sum: sum(2), settled: false } });
    expect(phaseWith(session)).toBe('unknown');
    expect(sent(session.timer('have'), 'have')).toHaveLength(1);
    // It asks for what the other has more, and gets some of it.
    session.hear('n', whole(vector({ me: 2, b: 9 })));
    session.timer('ask');
    session.commit(OWN, { fingerprint: { sum: sum(3), settled: false } });
    expect(sent(session.timer('have'), 'have')).toStrictEqual([]);
  });

  it('[SYNC-15] equal fingerprints are enough, settled or not', () => {
    const session = createSession(OWN);
    session.join('n');
    session.hear('n', { ...whole(OWN), fingerprint: { ...EMPTY_PRINT, settled: false } });
    expect(phaseWith(session)).toBe('same');
    session.hear('n', withoutPrint(whole(OWN)));
    expect(phaseWith(session)).toBe('unknown');
  });

  it('[SYNC-3] is said once for a burst of commits, to all', () => {
    const session = createSession();
    session.join('a');
    session.join('b');
    for (const seq of [1, 2, 3]) {
      const [timer] = effectsOf(session.commit(vector({ me: seq })), 'start-timer');
      expect(timer).toMatchObject({ timer: 'have' });
    }
    const said = session.timer('have');
    expect(said).toHaveLength(2);
    expect(sent(said, 'have', 'b')[0]?.hash).toStrictEqual(hashVector(vector({ me: 3 })));
    expect(session.timer('have')).toStrictEqual([]);
  });

  it('[SYNC-12] acknowledges pushes in bytes, also where the vector stays', () => {
    const session = settled();
    const push: SyncFrame = { type: 'push', actor: 'cAAAAAAAAAAAAAAA', previous: 4, seq: 5, versions: [] };
    session.hear('n', push);
    session.give({ type: 'applied', neighbour: 'n', want: null, bytes: 321, cursor: null, claimed: false });
    expect(sent(session.timer('have'), 'have')).toStrictEqual([changes(OWN, new Map(), 321)]);
    expect(session.timer('have')).toStrictEqual([]);
  });

  it('[REP-3] that names later writes of ours than we know says so: the name is not ours alone any more', () => {
    const session = settled();
    const same = session.hear('n', whole(vector({ me: 2, b: 1 })));
    const later = session.hear('n', whole(vector({ me: 3, b: 1 })));
    expect([same, later].map((effects) => effectsOf(effects, 'outrun').length)).toStrictEqual([0, 1]);
  });

  it('[SYNC-13] a vector that grows beyond MAX_VECTOR_ENTRIES ends the connection', () => {
    const session = settled(new Map());
    const many = (from: number, count: number): Vector =>
      new Map(Array.from({ length: count }, (_, i) => [String(from + i).padStart(16, '0'), 1]));
    const first = many(0, MAX_VECTOR_ENTRIES);
    expect(effectsOf(session.hear('n', whole(first)), 'violation')).toStrictEqual([]);
    const all = many(0, MAX_VECTOR_ENTRIES + 1);
    const effects = session.hear('n', changes(all, many(MAX_VECTOR_ENTRIES, 1)));
    expect(effectsOf(effects, 'violation')).toHaveLength(1);
    expect(remoteOf(session)?.size).toBe(MAX_VECTOR_ENTRIES);
  });

  it('[SYNC-1] [SYNC-2] both sides end up knowing the other, whatever changes while frames are under way', () => {
    forSeeds(300, (random) => {
      const names = ['a', 'b', 'c'];
      const randomVector = (): Vector =>
        vector(Object.fromEntries(names.filter(() => random.chance(0.6)).map((name) => [name, 1 + random.int(3)])));
      const sessions = [createSession(randomVector()), createSession(randomVector())] as const;
      const queues: [SyncFrame[], SyncFrame[]] = [[], []];
      const collect = (from: 0 | 1, effects: readonly { type: string }[]): void => {
        for (const type of ['have'] as const) queues[from === 0 ? 1 : 0].push(...sent(effects as never, type));
      };
      const sides = [0, 1] as const;
      for (const side of sides) collect(side, sessions[side].join('n'));
      for (let i = 0; i < 30; i++) {
        const side = random.pick(sides);
        const step = random.next();
        if (step < 0.25) sessions[side].commit(random.chance(0.1) ? sessions[side].state.vector : randomVector());
        else if (step < 0.5) collect(side, sessions[side].timer('have'));
        else deliver(side);
      }
      function deliver(side: 0 | 1): void {
        const next = queues[side].shift();
        if (next !== undefined) collect(side, sessions[side].hear('n', next));
      }
      for (const side of sides) collect(side, sessions[side].timer('have'));
      for (let i = 0; queues[0].length + queues[1].length > 0; i++) {
        expect(i).toBeLessThan(100);
        for (const side of sides) deliver(side);
      }
      const [one, other] = sessions;
      expect(sameVector(remoteOf(one) ?? vector({ none: 1 }), other.state.vector)).toBe(true);
      expect(sameVector(remoteOf(other) ?? vector({ none: 1 }), one.state.vector)).toBe(true);
      expect(bytesEqual(hashVector(one.state.vector), hashVector(remoteOf(other) ?? new Map()))).toBe(true);
    });
  });

  it('[REPAIR-6] whoever holds what no vector covers is compared with after a while, and nothing is reported', () => {
    const session = settled();
    const strange = { sum: new Uint8Array(EMPTY_PRINT.sum.length).fill(7), settled: false };
    const effects = session.hear('n', { ...hashOf(OWN), fingerprint: strange });
    expect(effectsOf(effects, 'start-timer')).toStrictEqual([
      { type: 'start-timer', timer: 'strand', minMs: 30_000, maxMs: 60_000 },
    ]);
    expect(phaseWith(session)).toBe('unknown');
    const begun = session.timer('strand');
    expect(begun.map(({ type }) => type)).toStrictEqual(['sum', 'stop-timer', 'start-timer']);
    session.commit(OWN, { fingerprint: strange });
    expect(phaseWith(session)).toBe('same');
  });

  it('[REPAIR-6] not while somebody is asked for what is lacking, and not when it has passed', () => {
    const session = settled();
    const strange = { sum: new Uint8Array(EMPTY_PRINT.sum.length).fill(7), settled: false };
    session.hear('n', { ...hashOf(OWN), fingerprint: strange });
    session.join('m');
    session.hear('m', whole(vector({ me: 2, b: 2 })));
    expect(session.state.pull?.neighbour).toBe('m');
    expect(session.timer('strand')).toStrictEqual([]);
    session.hear('n', { ...hashOf(OWN), fingerprint: EMPTY_PRINT });
    session.give({ type: 'left', neighbour: 'm' });
    expect(session.timer('strand')).toStrictEqual([]);
  });
});
