import { describe, expect, it } from 'vitest';
import {
  batch,
  createSession,
  cursor,
  effectsOf,
  heavy,
  ME,
  receivers,
  type Session,
  sent,
  vector,
  versions,
} from '../testing/session.ts';
import type { SyncEffect } from './sync-types.ts';
import { ENTRIES_FRAME_COST } from './timing.ts';

const THEIRS = vector({ b: 1 });

function serving(): Session {
  const session = createSession(vector({ me: 5 }));
  session.join('n');
  return session;
}

function want(session: Session, number: number, credit = 1_000): readonly SyncEffect[] {
  return session.hear('n', { type: 'want', want: number, vector: THEIRS, cursor: cursor(number), credit });
}

function read(session: Session, number: number, result = batch()): readonly SyncEffect[] {
  return session.give({ type: 'read', neighbour: 'n', want: number, batch: result });
}

describe('serving a WANT', () => {
  it('[SYNC-11] reads from the cursor on, for the vector given', () => {
    const session = serving();
    expect(want(session, 4)).toStrictEqual([
      { type: 'read', neighbour: 'n', want: 4, vector: THEIRS, cursor: cursor(4) },
    ]);
  });

  it('[SYNC-11] sends what was read and reads on, as long as there is credit', () => {
    const session = serving();
    want(session, 1);
    const first = read(session, 1, batch({ versions: [heavy('me', 1, 999)], cursor: cursor(2) }));
    expect(sent(first, 'entries')).toMatchObject([{ want: 1, cursor: cursor(2), claim: null }]);
    expect(effectsOf(first, 'read')).toMatchObject([{ want: 1, vector: THEIRS, cursor: cursor(2) }]);
    const second = read(session, 1, batch({ versions: [heavy('me', 2, 999)], cursor: cursor(3) }));
    expect(sent(second, 'entries')).toHaveLength(1);
    expect(effectsOf(second, 'read')).toStrictEqual([]);
  });

  it('[SYNC-11] goes on when credit comes, where it stopped', () => {
    const session = serving();
    want(session, 1);
    read(session, 1, batch({ versions: [heavy('me', 1, 1_500)], cursor: cursor(2) }));
    const credit = (bytes: number, number = 1) => session.hear('n', { type: 'credit', want: number, bytes });
    expect(credit(400)).toStrictEqual([]);
    expect(credit(400, 9)).toStrictEqual([]);
    expect(credit(400)).toMatchObject([{ type: 'read', want: 1, cursor: cursor(2) }]);
    expect(credit(400)).toStrictEqual([]);
    expect(credit(Number.MAX_SAFE_INTEGER)).toStrictEqual([]);
    expect(session.state.neighbours.get('n')?.scan?.credit).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('[SYNC-11] without credit reads nothing until there is some', () => {
    const session = serving();
    expect(want(session, 1, 0)).toStrictEqual([]);
    expect(session.hear('n', { type: 'credit', want: 1, bytes: 1 })).toMatchObject([{ type: 'read', want: 1 }]);
  });

  it('[SYNC-9] ends with the claim of what the scan completes', () => {
    const session = serving();
    want(session, 1);
    const claim = vector({ me: 5 });
    const effects = read(session, 1, batch({ versions: versions('me', 5), claim }));
    expect(effects).toMatchObject([{ type: 'send', frame: { type: 'entries', claim, cursor: cursor(1) } }]);
    expect(session.state.neighbours.get('n')?.scan).toBeNull();
    expect(session.hear('n', { type: 'credit', want: 1, bytes: 9 })).toStrictEqual([]);
  });

  it('[SYNC-11] a later WANT ends the earlier one; one read at a time', () => {
    const session = serving();
    want(session, 1);
    expect(want(session, 2)).toStrictEqual([]);
    expect(want(session, 3)).toStrictEqual([]);
    expect(read(session, 1, batch({ claim: vector({ me: 5 }) }))).toStrictEqual([
      { type: 'read', neighbour: 'n', want: 3, vector: THEIRS, cursor: cursor(3) },
    ]);
    expect(sent(read(session, 3), 'entries')).toMatchObject([{ want: 3 }]);
  });

  it('[SYNC-11] a later WANT without credit waits for it, though a read is under way', () => {
    const session = serving();
    want(session, 1);
    want(session, 2, 0);
    expect(read(session, 1)).toStrictEqual([]);
    expect(session.hear('n', { type: 'credit', want: 2, bytes: 1 })).toMatchObject([{ type: 'read', want: 2 }]);
  });

  it.each([1, 2])('[SYNC-4] number %i after 2 ends the connection', (number) => {
    const session = serving();
    want(session, 2);
    expect(effectsOf(want(session, number), 'violation')).toMatchObject([{ text: 'WANT with an old number' }]);
  });

  it('[SYNC-7] on a channel that sends nothing is refused, and so is a repair', () => {
    const session = createSession();
    session.join('n', { outgoing: false, incoming: true });
    const refused = [{ type: 'refuse', neighbour: 'n', code: 'READ_NOT_ALLOWED' }];
    expect(want(session, 1)).toMatchObject(refused);
    expect(session.hear('n', { type: 'fetch', want: 1, ids: ['a'] })).toMatchObject(refused);
    expect(session.hear('n', { type: 'compare', want: 1, after: null, ranges: [] })).toMatchObject(refused);
  });

  it('[SYNC-11] versions that are too much for one frame come in several; cursor and claim with the last', () => {
    const session = serving();
    want(session, 1);
    const half = ENTRIES_FRAME_COST / 2;
    const heads = [half, half, 10_000, 2 * ENTRIES_FRAME_COST, 500].map((bytes, i) => heavy('me', i + 1, bytes));
    const frames = sent(read(session, 1, batch({ versions: heads, claim: vector({ me: 5 }) })), 'entries');
    expect(frames.map(({ versions: part }) => part.map(({ head }) => head.seq))).toStrictEqual([[1, 2], [3], [4], [5]]);
    expect(frames.map((frame) => frame.cursor !== null)).toStrictEqual([false, false, false, true]);
    expect(frames.map((frame) => frame.claim !== null)).toStrictEqual([false, false, false, true]);
  });

  it('[SYNC-11] what was read for one who has left is dropped', () => {
    const session = serving();
    want(session, 1);
    session.give({ type: 'left', neighbour: 'n' });
    expect(read(session, 1)).toStrictEqual([]);
    session.join('n');
    expect(read(session, 1)).toStrictEqual([]);
  });

  it('[SYNC-3] whoever was brought up to date by it is pushed to from then on', () => {
    const session = serving();
    want(session, 1);
    expect(receivers(session.write(6), 'push')).toStrictEqual([]);
    read(session, 1, batch({ claim: vector({ me: 6 }) }));
    expect(receivers(session.write(7), 'push')).toStrictEqual(['n']);
    expect(session.state.actor).toBe(ME);
  });
});
