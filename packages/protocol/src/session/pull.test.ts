/** Catching up, rule by rule; long because the rules of one state machine are read side by side. */
import { describe, expect, it } from 'vitest';
import { MAX_BODY_BYTES, MAX_VECTOR_ENTRIES } from '../limits.ts';
import {
  changes,
  createSession,
  cursor,
  effectsOf,
  entries,
  hashOf,
  heavy,
  receivers,
  type Session,
  sent,
  vector,
  versions,
  whole,
} from '../testing/session.ts';
import { versionsCost } from './cost.ts';
import type { SyncEffect } from './sync-types.ts';
import {
  ASK_DELAY_MS,
  MAX_FRUITLESS,
  MAX_OVERDRAFT_BYTES,
  MIN_PACE_BYTES,
  PACE_MS,
  PULL_CREDIT_BYTES,
  PULL_STALLED_MS,
} from './timing.ts';

const OWN = vector({ me: 2 });

/** A session that pulls from a neighbour it has just met, with WANT 1. */
function pulling(theirs = vector({ me: 2, b: 9 })): Session {
  const session = createSession(OWN);
  session.join('n');
  const effects = session.hear('n', whole(theirs));
  if (sent(effects, 'want').length !== 1) throw new Error('expected WANT');
  return session;
}

function violations(effects: readonly SyncEffect[]): string[] {
  return effectsOf(effects, 'violation').map(({ text }) => text);
}

describe('whom to ask', () => {
  it('[SYNC-4] a neighbour just met that has more is asked at once, with the whole vector, a cursor and credit', () => {
    const session = createSession(OWN);
    session.join('n', undefined, cursor(7));
    const effects = session.hear('n', whole(vector({ b: 9 })));
    expect(sent(effects, 'want')).toStrictEqual([
      { type: 'want', want: 1, vector: OWN, cursor: cursor(7), credit: PULL_CREDIT_BYTES },
    ]);
  });

  it('[SYNC-4] nobody is asked who has nothing more, or whose vector is not known', () => {
    const session = createSession(OWN);
    session.join('n');
    expect(sent(session.hear('n', hashOf(vector({ b: 9 }))), 'want')).toStrictEqual([]);
    expect(sent(session.hear('n', whole(vector({ me: 1 }))), 'want')).toStrictEqual([]);
  });

  it('[SYNC-4] what a known neighbour announces is asked for after a delay, if it has not come by then', () => {
    const session = createSession(OWN);
    session.join('n');
    session.hear('n', hashOf(OWN));
    const effects = session.hear('n', changes(vector({ me: 2, b: 1 }), vector({ b: 1 })));
    expect(effects).toStrictEqual([
      { type: 'start-timer', timer: 'ask', minMs: ASK_DELAY_MS[0], maxMs: ASK_DELAY_MS[1] },
    ]);
    expect(receivers(session.timer('ask'), 'want')).toStrictEqual(['n']);
    const other = createSession(OWN);
    other.join('n');
    other.hear('n', hashOf(OWN));
    other.hear('n', changes(vector({ me: 2, b: 1 }), vector({ b: 1 })));
    other.commit(vector({ me: 2, b: 1 }));
    expect(other.timer('ask')).toStrictEqual([]);
  });

  it('[SYNC-4] one neighbour at a time, the one that has most; then whoever has what is still lacking', () => {
    const session = createSession(OWN);
    for (const id of ['a', 'b', 'c']) {
      session.join(id);
      session.hear(id, hashOf(OWN));
    }
    session.hear('a', changes(vector({ me: 2, x: 3 }), vector({ x: 3 })));
    session.hear('b', changes(vector({ me: 2, x: 3, y: 9 }), vector({ x: 3, y: 9 })));
    session.hear('c', changes(vector({ me: 2, z: 4 }), vector({ z: 4 })));
    expect(receivers(session.timer('ask'), 'want')).toStrictEqual(['b']);
    expect(receivers(session.timer('ask'), 'want')).toStrictEqual([]);
    const claim = vector({ me: 2, x: 3, y: 9 });
    const [apply] = session.hear('b', entries(1, { claim, cursor: cursor(1) }));
    session.commit(claim);
    session.applied(apply);
    expect(receivers(session.timer('ask'), 'want')).toStrictEqual(['c']);
  });

  it('[SYNC-4] when the neighbour leaves, another one is asked, under another number', () => {
    const session = pulling();
    session.join('m');
    session.hear('m', whole(vector({ b: 9 })));
    const effects = session.give({ type: 'left', neighbour: 'n' });
    expect(effects).toContainEqual({ type: 'stop-timer', timer: 'stalled' });
    const asked = session.timer('ask');
    expect(sent(asked, 'want', 'm')).toMatchObject([{ want: 2 }]);
    session.give({ type: 'left', neighbour: 'm' });
    expect(session.state.pull).toBeNull();
    expect(session.timer('ask')).toStrictEqual([]);
  });

  it('[SYNC-7] nobody is asked over a channel on which it sends nothing', () => {
    const session = createSession(OWN);
    session.join('n', { outgoing: true, incoming: false });
    expect(sent(session.hear('n', whole(vector({ b: 9 }))), 'want')).toStrictEqual([]);
    expect(session.timer('ask')).toStrictEqual([]);
  });

  it('[SYNC-6] a neighbour that did not bring what it has is not asked again until it claims otherwise', () => {
    const session = pulling();
    const [apply] = session.hear('n', entries(1, { claim: vector({ b: 5 }), cursor: cursor(3) }));
    session.commit(vector({ me: 2, b: 5 }));
    const effects = session.applied(apply);
    expect(effectsOf(effects, 'start-timer').map(({ timer }) => timer)).toStrictEqual(['rest']);
    expect(session.timer('ask')).toStrictEqual([]);
    session.hear('n', whole(vector({ me: 2, b: 9 })));
    for (let i = 0; i < 9; i++) session.timer('rest');
    expect(session.timer('ask')).toStrictEqual([]);
    session.hear('n', changes(vector({ me: 2, b: 10 }), vector({ b: 10 })));
    expect(sent(session.timer('ask'), 'want')).toMatchObject([{ want: 2, cursor: cursor(3) }]);
  });

  /** Asks the neighbour, which says to have ever more and answers with a claim that lacks it. Undefined: it is not asked. */
  function askInVain(session: Session, id: string, seq: number): readonly SyncEffect[] | undefined {
    session.hear(id, changes(vector({ me: 2, x: seq }), vector({ x: seq })));
    const [want] = sent(session.timer('ask'), 'want', id);
    if (want === undefined) return undefined;
    const [apply] = session.hear(id, entries(want.want, { claim: OWN }));
    return session.applied(apply);
  }

  it('[SYNC-20] a neighbour that says ever more and sends nothing is asked less and less, and at last not at all', () => {
    const session = createSession(OWN);
    session.join('liar');
    session.hear('liar', hashOf(OWN));
    const beats: number[] = [];
    const told: (boolean | undefined)[] = [];
    for (let beat = 0, last = 0; beat < 2_000; beat++) {
      const effects = askInVain(session, 'liar', beat + 1);
      if (effects !== undefined) {
        beats.push(beat - last);
        last = beat;
        told.push(effectsOf(effects, 'unserved')[0]?.asked);
      }
      session.timer('rest');
    }
    expect(beats).toStrictEqual([0, 2, 4, 8, 16, 32, 64, 128]);
    // Once may be a storage that has lost something; at last nobody asks any more.
    expect(told).toStrictEqual([undefined, true, true, true, true, true, true, false]);
    expect(session.state.neighbours.get('liar')?.fruitless).toBe(MAX_FRUITLESS);
    expect(session.timer('rest')).toStrictEqual([]);
    // One that is here again is not asked at once, and gets its chances.
    session.join('again');
    session.give({
      ...{ type: 'joined', neighbour: 'back', cursor: null, fruitless: 3 },
      directions: { incoming: true, outgoing: true },
    });
    expect(sent(session.hear('back', whole(vector({ b: 9 }))), 'want')).toStrictEqual([]);
    for (let i = 0; i < 8; i++) session.timer('rest');
    expect(receivers(session.timer('ask'), 'want')).toStrictEqual(['back']);
  });

  it('[SYNC-20] who has kept his word is asked before one who says to have more', () => {
    const session = createSession(OWN);
    for (const id of ['liar', 'honest']) {
      session.join(id);
      session.hear(id, hashOf(OWN));
    }
    expect(askInVain(session, 'liar', 1e9)).toBeDefined();
    session.timer('rest');
    session.timer('rest');
    session.hear('liar', changes(vector({ me: 2, x: 1e12 }), vector({ x: 1e12 })));
    session.hear('honest', changes(vector({ me: 2, y: 1 }), vector({ y: 1 })));
    expect(receivers(session.timer('ask'), 'want')).toStrictEqual(['honest']);
  });

  it('[SYNC-20] one that sends a little now and then gives way to one that has what is lacking', () => {
    const session = pulling();
    const drip = (seq: number): void => {
      const [apply] = session.hear('n', entries(1, { versions: versions('b', seq), cursor: cursor(seq) }));
      session.applied(apply);
    };
    drip(1);
    // While nobody else has it, little is better than nothing.
    expect(effectsOf(session.timer('pace'), 'start-timer')).toMatchObject([{ timer: 'pace', minMs: PACE_MS }]);
    session.join('other');
    session.hear('other', whole(vector({ me: 2, b: 9 })));
    drip(2);
    session.timer('pace');
    expect(receivers(session.timer('ask'), 'want')).toStrictEqual(['other']);
    // What it still had under way is welcome, as far as its credit went.
    expect(violations(session.hear('n', entries(1, { versions: versions('b', 3) })))).toStrictEqual([]);
  });

  it('[SYNC-20] one that sends enough goes on', () => {
    const session = pulling();
    session.join('other');
    session.hear('other', whole(vector({ me: 2, b: 9 })));
    const [apply] = session.hear('n', entries(1, { versions: [heavy('b', 1, MIN_PACE_BYTES)] }));
    session.applied(apply);
    session.timer('pace');
    expect(session.state.pull?.neighbour).toBe('n');
  });
});

describe('entries', () => {
  it('[SYNC-5] are stored with their cursor and claim, and acknowledged with credit', () => {
    const session = pulling();
    const batch = versions('b', 1, 2);
    const [apply, ...timers] = session.hear('n', entries(1, { versions: batch, cursor: cursor(2) }));
    const bytes = versionsCost(batch);
    expect(apply).toStrictEqual({
      ...{
        type: 'apply',
        neighbour: 'n',
        want: 1,
        versions: batch,
        cursor: cursor(2),
        claim: null,
        range: null,
        bytes,
      },
    });
    expect(timers.map(({ type }) => type)).toStrictEqual(['stop-timer', 'start-timer']);
    expect(sent(session.applied(apply), 'credit')).toStrictEqual([{ type: 'credit', want: 1, bytes }]);
    expect(session.state.neighbours.get('n')?.cursor).toStrictEqual(cursor(2));
  });

  it('[SYNC-5] with a claim end the pull; nothing is asked or credited then', () => {
    const session = pulling();
    const claim = vector({ me: 2, b: 9 });
    const [apply] = session.hear('n', entries(1, { claim, cursor: cursor(9) }));
    expect(apply).toMatchObject({ claim, cursor: cursor(9) });
    session.commit(claim);
    expect(session.applied(apply)).toStrictEqual([
      { type: 'stop-timer', timer: 'stalled' },
      { type: 'stop-timer', timer: 'pace' },
    ]);
    expect(session.state.pull).toBeNull();
  });

  it('[SYNC-5] that answer an earlier WANT bring their versions, but neither cursor nor claim', () => {
    const session = pulling();
    session.commit(vector({ me: 1 }), { lost: true });
    session.timer('ask');
    expect(session.state.pull?.want).toBe(2);
    const late = entries(1, { versions: versions('b', 1), cursor: cursor(9), claim: vector({ b: 9 }) });
    const effects = session.hear('n', late);
    expect(effects).toMatchObject([{ type: 'apply', cursor: null, claim: null, versions: late.versions }]);
    expect(session.applied(effects[0])).toStrictEqual([]);
    expect(session.state.pull).toMatchObject({ want: 2, credit: PULL_CREDIT_BYTES });
    expect(session.state.neighbours.get('n')?.cursor).toBeNull();
  });

  it('[SYNC-5] that nobody asked for end the connection', () => {
    expect(violations(pulling().hear('n', entries(2)))).toStrictEqual(['ENTRIES that nobody asked for']);
  });

  it('[SYNC-5] of a neighbour that was not asked count for nothing, and end its connection where they bring something', () => {
    const session = pulling();
    session.join('m');
    expect(session.hear('m', entries(1, { cursor: cursor(5), claim: vector({ b: 9 }) }))).toStrictEqual([]);
    const effects = session.hear('m', entries(1, { versions: versions('b', 1), claim: vector({ b: 9 }) }));
    expect(effects).toStrictEqual([{ type: 'violation', neighbour: 'm', text: 'ENTRIES that nobody waits for' }]);
  });

  it('[SYNC-5] that answer an earlier WANT are no more than its credit allowed', () => {
    const session = pulling();
    session.commit(vector({ me: 1 }), { lost: true });
    session.timer('ask');
    const million = (seq: number) => entries(1, { versions: [heavy('b', seq, 1_000_000)] });
    const allowed = Math.floor((PULL_CREDIT_BYTES + MAX_OVERDRAFT_BYTES) / 1_000_000);
    for (let seq = 1; seq <= allowed; seq++) expect(violations(session.hear('n', million(seq)))).toStrictEqual([]);
    expect(violations(session.hear('n', million(99)))).toStrictEqual(['ENTRIES that nobody waits for']);
  });

  it('[SYNC-7] on a channel that takes nothing are refused: nothing is stored, no vector moves', () => {
    const session = createSession(OWN);
    session.join('n', { outgoing: true, incoming: false });
    const before = session.state;
    const push = { type: 'push', actor: 'b'.repeat(16), previous: 1, seq: 2, versions: versions('b', 2) } as const;
    const claim = entries(1, { versions: versions('b', 2), claim: vector({ me: 2, b: 2 }), cursor: cursor(9) });
    for (const frame of [claim, push]) {
      expect(session.hear('n', frame)).toMatchObject([{ type: 'refuse', neighbour: 'n', code: 'WRITE_NOT_ALLOWED' }]);
    }
    expect(session.state).toBe(before);
  });

  it('[SYNC-7] are not asked for where nothing is taken, whatever the neighbour says to have', () => {
    const session = createSession(OWN);
    session.join('n', { outgoing: true, incoming: false });
    const effects = [...session.hear('n', whole(vector({ me: 2, b: 9 }))), ...session.timer('ask')];
    expect(sent(effects, 'want')).toStrictEqual([]);
    expect(session.state.vector).toStrictEqual(OWN);
  });

  it('[SYNC-2] are asked for, of one that gets nothing, without telling whom it has not named', () => {
    const session = createSession(vector({ me: 2, b: 1, c: 4 }));
    session.join('n', { outgoing: false, incoming: true });
    const [want] = sent(session.hear('n', whole(vector({ b: 9 }))), 'want');
    expect(want?.vector).toStrictEqual(vector({ b: 1 }));
  });

  it('[SYNC-11] one batch may go beyond its credit, with all versions of a large document', () => {
    const session = pulling();
    const heads = [1, 2, 3, 4].map((seq) => heavy('b', seq, MAX_BODY_BYTES));
    for (const head of heads) expect(violations(session.hear('n', entries(1, { versions: [head] })))).toStrictEqual([]);
  });

  it('[SYNC-11] far beyond their credit end the connection', () => {
    const session = pulling();
    const million = (seq: number) => entries(1, { versions: [heavy('b', seq, 1_000_000)] });
    const allowed = Math.floor((PULL_CREDIT_BYTES + MAX_OVERDRAFT_BYTES) / 1_000_000);
    for (let seq = 1; seq <= allowed; seq++) expect(violations(session.hear('n', million(seq)))).toStrictEqual([]);
    expect(violations(session.hear('n', million(99)))).toStrictEqual(['ENTRIES beyond their credit']);
  });

  it('[SYNC-13] whose claim would make the vector grow beyond its limit end the connection', () => {
    const session = pulling();
    const claim = new Map(Array.from({ length: MAX_VECTOR_ENTRIES }, (_, i) => [String(i).padStart(16, '0'), 1]));
    expect(violations(session.hear('n', entries(1, { claim })))).toHaveLength(1);
    claim.delete('0000000000000000');
    expect(violations(session.hear('n', entries(1, { claim })))).toStrictEqual([]);
  });
});

describe('a pull without progress', () => {
  it('[SYNC-6] ends the connection with the neighbour that was asked', () => {
    const session = pulling();
    expect(effectsOf(session.timer('stalled'), 'stalled')).toMatchObject([{ neighbour: 'n' }]);
    session.give({ type: 'left', neighbour: 'n' });
    expect(session.timer('stalled')).toStrictEqual([]);
  });

  it('[SYNC-6] waits PULL_STALLED_MS after each sign of progress', () => {
    const session = pulling();
    const restart = [
      { type: 'stop-timer', timer: 'stalled' },
      { type: 'start-timer', timer: 'stalled', minMs: PULL_STALLED_MS, maxMs: PULL_STALLED_MS },
    ];
    const effects = session.hear('n', entries(1, { versions: versions('b', 1), cursor: cursor(1) }));
    expect(effects.slice(1)).toStrictEqual(restart);
    expect(session.applied(effects[0]).slice(1)).toStrictEqual(restart);
    // A frame without a version is none.
    expect(session.hear('n', entries(1, { cursor: cursor(2) })).slice(1)).toStrictEqual([]);
  });

  it('[SYNC-6] is not the neighbour’s fault while we store what it sent', () => {
    const session = pulling();
    const [first] = session.hear('n', entries(1, { versions: versions('b', 1), cursor: cursor(1) }));
    const [second] = session.hear('n', entries(1, { cursor: cursor(2) }));
    expect(violations(session.timer('stalled'))).toStrictEqual([]);
    session.applied(first);
    expect(effectsOf(session.timer('stalled'), 'start-timer')).toHaveLength(1);
    session.applied(second);
    expect(effectsOf(session.timer('stalled'), 'stalled')).toHaveLength(1);
  });
});

describe('lost storage', () => {
  it('[SYNC-8] a vector that is lowered voids cursors, and what is lacking is asked for again', () => {
    const session = createSession(vector({ me: 2, b: 5 }));
    session.join('n', undefined, cursor(40));
    session.hear('n', hashOf(vector({ me: 2, b: 5 })));
    const effects = session.commit(vector({ me: 2 }));
    expect(effectsOf(effects, 'start-timer').map(({ timer }) => timer)).toContain('ask');
    expect(sent(session.timer('ask'), 'want')).toMatchObject([{ vector: OWN, cursor: null }]);
  });

  it('[SYNC-8] documents lost before the vector covered them end the pull that brought them', () => {
    const session = pulling();
    const [apply] = session.hear('n', entries(1, { versions: versions('b', 1), cursor: cursor(1) }));
    session.applied(apply);
    session.commit(OWN, { lost: true });
    expect(session.state.pull).toBeNull();
    const answer = entries(1, { versions: versions('b', 2), cursor: cursor(9), claim: vector({ b: 9 }) });
    const [late] = session.hear('n', answer);
    expect(late).toMatchObject({ cursor: null, claim: null });
    expect(sent(session.timer('ask'), 'want')).toMatchObject([{ want: 2, cursor: null }]);
  });

  it('[SYNC-8] a neighbour that had nothing more to bring is asked again', () => {
    const session = pulling();
    const [apply] = session.hear('n', entries(1, { claim: vector({ b: 5 }) }));
    session.commit(vector({ me: 2, b: 5 }));
    session.applied(apply);
    session.commit(OWN, { lost: true });
    expect(sent(session.timer('ask'), 'want')).toHaveLength(1);
  });
});
