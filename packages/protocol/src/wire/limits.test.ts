/** The largest frames, honest and hostile: what they take in bytes and in time. */
import { describe, expect, it } from 'vitest';
import * as limits from '../limits.ts';
import type { Frame } from '../session/frames.ts';
import { MAX_TIMESTAMP } from '../version/clock.ts';
import type { Version } from '../version/head.ts';
import { decodeFrame, encodeFrame } from './frames.ts';

const MAX_SEQ = Number.MAX_SAFE_INTEGER;

/** Actors that rise with their number. */
function actorOf(i: number): string {
  return `actor-${String(i).padStart(10, '0')}`;
}

function fieldOf(i: number): string {
  return String(i).padStart(limits.MAX_FIELD_NAME_BYTES, '-');
}

describe('limits', () => {
  it('[WIRE-13] the largest version fits a frame with a cursor and the largest claim', () => {
    const distant = { time: MAX_TIMESTAMP, actor: actorOf(0), seq: MAX_SEQ };
    const version: Version = {
      id: '日'.repeat(682),
      head: {
        ...distant,
        past: Array.from({ length: limits.MAX_PAST_ENTRIES }, (_, i) => ({ actor: actorOf(i + 1), seq: MAX_SEQ })),
        deleted: false,
        clocks: Array.from({ length: limits.MAX_FIELD_CLOCKS }, (_, i) => {
          return { field: fieldOf(i), time: i % 2 === 0 ? 0 : MAX_TIMESTAMP, actor: actorOf(10_000 + i), seq: MAX_SEQ };
        }),
        floor: { time: 0, actor: actorOf(20_000), seq: MAX_SEQ },
      },
      body: 'é'.repeat(limits.MAX_BODY_BYTES / 2),
    };
    const claim = new Map(Array.from({ length: limits.MAX_VECTOR_ENTRIES }, (_, i) => [actorOf(i), MAX_SEQ] as const));
    const cursor = { journal: 'j'.repeat(22), epoch: 'e'.repeat(11), lsn: MAX_SEQ };
    const channel = 2 ** 32 - 1;
    const frame: Frame = {
      type: 'entries',
      channel,
      want: MAX_SEQ,
      versions: [version],
      cursor,
      claim,
      remaining: MAX_SEQ,
    };
    const bytes = encodeFrame(frame);
    expect(bytes.length).toBeGreaterThan(0.95 * limits.MAX_FRAME_BYTES);
    expect(decodeFrame(bytes)).toStrictEqual(frame);
  });

  /** Frames made to cost their reader as much as they can. They take well under 0.5 s where nothing else runs. */
  it.each([
    ['versions without anything', Array.from({ length: limits.MAX_VERSIONS_PER_FRAME }, (_, i) => smallest(i))],
    ['versions with the longest pasts', Array.from({ length: 64 }, () => withPast(4_096))],
    ['versions with the most clocks', Array.from({ length: 64 }, () => withClocks(4_096))],
  ])('[WIRE-5] %s', (_, versions) => {
    const bytes = encodeFrame({
      type: 'entries',
      channel: 1,
      want: 1,
      versions,
      cursor: null,
      claim: null,
      remaining: 0,
    });
    const start = performance.now();
    const decoded = decodeFrame(bytes);
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(decoded.type === 'entries' && decoded.versions.length).toBe(versions.length);
  });

  it('[WIRE-30] what two bytes can name takes a hundred of memory: pasts and clocks of a frame are counted together', () => {
    const framed = (versions: readonly Version[]): Frame => {
      return { type: 'entries', channel: 1, want: 1, versions, cursor: null, claim: null, remaining: 0 };
    };
    const full = Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? withPast(4_096) : withClocks(4_096)));
    expect(() => encodeFrame(framed([...full, withPast(1)]))).toThrow(/FRAME_UNENCODABLE: history/);
    // A hostile encoder does not count: the same version once more, and one more in the number of versions.
    const pasts = Array.from({ length: 64 }, () => withPast(4_096));
    const again = encodeFrame(framed(pasts.slice(0, 2))).slice(encodeFrame(framed(pasts.slice(0, 1))).length);
    const tooMany = Uint8Array.from([...encodeFrame(framed(pasts)), ...again]);
    tooMany[tooMany.indexOf(64)] = 65;
    expect(() => decodeFrame(tooMany)).toThrow(/FRAME_LIMIT_EXCEEDED: history/);
  });
});

function smallest(i: number): Version {
  return {
    id: '',
    head: { time: i, actor: actorOf(0), seq: 1, past: [], deleted: false, clocks: [] },
    body: '',
  };
}

function withPast(length: number): Version {
  const past = Array.from({ length }, (_, i) => ({ actor: actorOf(i + 1), seq: 1 }));
  return { ...smallest(0), head: { ...smallest(0).head, past } };
}

function withClocks(length: number): Version {
  const clock = { time: 0, actor: actorOf(0), seq: 1 };
  const clocks = Array.from({ length }, (_, i) => ({ field: String(i).padStart(4, '0'), ...clock }));
  return { ...smallest(0), head: { ...smallest(0).head, clocks } };
}
