import { describe, expect, it } from 'vitest';
import { MAX_VECTOR_ENTRIES, PUSH_CREDIT_BYTES } from '../limits.ts';
import {
  changes,
  createSession,
  effectsOf,
  hashOf,
  heavy,
  ME,
  receivers,
  type Session,
  sent,
  vector,
  versions,
  whole,
} from '../testing/session.ts';
import type { SyncEffect, SyncFrame } from './sync-types.ts';

const OWN = vector({ me: 2 });
const QUARTER = PUSH_CREDIT_BYTES / 4;

/** A session with neighbours that have all it has. */
function settled(...neighbours: string[]): Session {
  const session = createSession(OWN);
  for (const id of neighbours) {
    session.join(id);
    session.hear(id, hashOf(OWN));
  }
  return session;
}

function pushed(seq: number, bytes = 100): SyncFrame {
  const actor = 'bAAAAAAAAAAAAAAA';
  return { type: 'push', actor, previous: seq - 1, seq, versions: [heavy('b', seq, bytes)] };
}

function isViolation(effects: readonly SyncEffect[]): boolean {
  return effectsOf(effects, 'violation').length > 0;
}

describe('pushing own writes', () => {
  it('[SYNC-3] goes at once to every neighbour that has all earlier ones', () => {
    const session = settled('a', 'b');
    session.join('behind');
    session.hear('behind', whole(vector({ me: 1 })));
    session.join('unknown');
    const effects = session.write(3);
    expect(receivers(effects, 'push')).toStrictEqual(['a', 'b']);
    expect(sent(effects, 'push', 'a')).toMatchObject([{ actor: ME, previous: 2, seq: 3 }]);
  });

  it('[SYNC-3] does not wait for acknowledgements', () => {
    const session = settled('a');
    for (const seq of [3, 4, 5]) expect(receivers(session.write(seq), 'push')).toStrictEqual(['a']);
  });

  it('[SYNC-3] leaves no gap: after a write that did not go, none goes until the neighbour has it', () => {
    const session = settled('a');
    expect(receivers(session.write(3, PUSH_CREDIT_BYTES + 1), 'push')).toStrictEqual([]);
    expect(receivers(session.write(4), 'push')).toStrictEqual([]);
    session.hear('a', changes(vector({ me: 4 }), vector({ me: 4 })));
    expect(receivers(session.write(5), 'push')).toStrictEqual(['a']);
  });

  it('[SYNC-3] writes of others are not passed on, only announced', () => {
    const session = settled('a', 'b');
    const effects = session.commit(vector({ me: 2, c: 1 }));
    expect(receivers(effects, 'push')).toStrictEqual([]);
    expect(receivers(session.timer('have'), 'have')).toStrictEqual(['a', 'b']);
  });

  it('[SYNC-3] several writes of one commit go together', () => {
    const session = settled('a');
    const authored = { actor: ME, previous: 2, seq: 5, versions: versions('me', 3, 5) };
    const effects = session.commit(vector({ me: 5 }), { authored });
    expect(sent(effects, 'push')).toStrictEqual([{ type: 'push', ...authored }]);
  });

  it('[SYNC-3] an actor that begins anew counts from the beginning', () => {
    const session = settled('a');
    session.write(3);
    const actor = 'newAAAAAAAAAAAAA';
    const authored = { actor, previous: 0, seq: 1, versions: [] };
    const effects = session.commit(new Map([...vector({ me: 3 }), [actor, 1]]), { actor, authored });
    expect(sent(effects, 'push')).toMatchObject([{ actor, previous: 0, seq: 1 }]);
    const later = { ...authored, previous: 5, seq: 6 };
    expect(receivers(session.commit(session.state.vector, { authored: later }), 'push')).toStrictEqual([]);
  });

  it('[SYNC-7] does not go over a channel that sends nothing', () => {
    const session = createSession(OWN);
    session.join('n', { outgoing: false, incoming: true });
    session.hear('n', whole(OWN));
    expect(receivers(session.write(3), 'push')).toStrictEqual([]);
  });
});

describe('push credit', () => {
  it('[SYNC-12] holds PUSH_CREDIT_BYTES that were not acknowledged', () => {
    const session = settled('a', 'b');
    for (const seq of [3, 4, 5, 6]) expect(receivers(session.write(seq, QUARTER), 'push')).toStrictEqual(['a', 'b']);
    expect(receivers(session.write(7, QUARTER), 'push')).toStrictEqual([]);
    session.hear('a', changes(vector({ me: 7 }), vector({ me: 7 }), 3 * QUARTER));
    expect(receivers(session.write(8, QUARTER), 'push')).toStrictEqual(['a']);
  });

  it('[SYNC-12] is never more than that, whatever a neighbour acknowledges', () => {
    const session = settled('a');
    session.hear('a', hashOf(OWN, Number.MAX_SAFE_INTEGER));
    for (const seq of [3, 4, 5, 6]) session.write(seq, QUARTER);
    expect(receivers(session.write(7, QUARTER), 'push')).toStrictEqual([]);
  });

  it('[SYNC-12] a neighbour that goes far beyond it loses its connection', () => {
    const session = settled('a');
    for (let seq = 1; seq <= 8; seq++) expect(isViolation(session.hear('a', pushed(seq, QUARTER)))).toBe(false);
    expect(isViolation(session.hear('a', pushed(9, QUARTER)))).toBe(true);
  });

  it('[SYNC-12] is refilled by HAVE, for as long as the channel lives', () => {
    const session = settled('a');
    for (let seq = 1; seq <= 40; seq++) {
      const effects = session.hear('a', pushed(seq, QUARTER));
      expect(isViolation(effects)).toBe(false);
      session.applied(effects[0]);
      if (seq % 4 === 0) expect(sent(session.timer('have'), 'have')).toMatchObject([{ pushedBytes: seq * QUARTER }]);
    }
  });
});

describe('taking pushes', () => {
  it('[SYNC-10] hands on which writes they are, for the vector to count them when it is there', () => {
    const session = settled('a');
    const frame = pushed(7);
    const [apply] = session.hear('a', frame);
    expect(apply).toMatchObject({
      ...{ type: 'apply', want: null, cursor: null, claim: null },
      range: { actor: 'bAAAAAAAAAAAAAAA', previous: 6, seq: 7 },
    });
  });

  it('[SYNC-10] without a version end the connection: they would cost a commit, and no credit', () => {
    const session = settled('a');
    expect(isViolation(session.hear('a', { ...pushed(7), versions: [] } as SyncFrame))).toBe(true);
  });

  it('[SYNC-13] of ever more actors end the connection', () => {
    const full = new Map(Array.from({ length: MAX_VECTOR_ENTRIES }, (_, i) => [String(i).padStart(16, '0'), 1]));
    const session = createSession(full);
    session.join('n');
    expect(isViolation(session.hear('n', pushed(1)))).toBe(true);
    const known: SyncFrame = {
      type: 'push',
      actor: '0000000000000007',
      previous: 1,
      seq: 2,
      versions: [heavy('b', 2, 100)],
    };
    expect(isViolation(session.hear('n', known))).toBe(false);
  });
});
