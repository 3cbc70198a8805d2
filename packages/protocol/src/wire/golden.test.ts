import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { P2PError } from '../errors.ts';
import type { Frame } from '../session/frames.ts';
import { DECODE_CODES } from './codes.ts';
import { decodeFrame, encodeFrame } from './frames.ts';

const ALICE = 'aliceAAAAAAAAAAA';
const BOB = 'bob_BBBBBBBBBBBB';
const HASH = 'n4bQgYhMfWWaL-qgxVrQFaO_TxsrC4Is0V1sFbDwCgg';
const CURSOR = { journal: 'journalJJJJJJJJJJJJJJJ', epoch: 'epochEEEEEE', lsn: 300 };
const COUNTING = Uint8Array.from({ length: 16 }, (_, i) => i);
const NINES = new Uint8Array(16).fill(0x99);

/** The frames whose bytes SPEC.md quotes. */
const FRAMES: Readonly<Record<string, Frame>> = {
  version: { type: 'version', version: 3 },
  hello: {
    type: 'hello',
    session: NINES,
    time: 1_700_000_000_000,
    features: ['gossip'],
  },
  noise: { type: 'noise', data: Uint8Array.from({ length: 48 }, (_, i) => i) },
  proof: { type: 'proof', data: new Uint8Array(112).fill(0x99) },
  ping: { type: 'ping', token: 4_294_967_295 },
  pong: { type: 'pong', token: 0 },
  bye: { type: 'bye', code: 'DUPLICATE_CONNECTION', text: '' },
  open: {
    type: 'open',
    channel: 1,
    proof: new Uint8Array(32).fill(0x99),
    collection: 'todos',
    schemaVersion: 2,
    schemaHash: HASH,
    mergeMode: 'fields',
    sends: true,
    receives: true,
  },
  refuse: { type: 'refuse', channel: 1, code: 'SCHEMA_DIFFERS', text: 'naïve' },
  close: { type: 'close', channel: 4_294_967_295 },
  'have of the form hash': {
    type: 'have',
    channel: 1,
    hash: COUNTING,
    form: 'hash',
    entries: new Map(),
    pushedBytes: 200,
    fingerprint: { sum: NINES, settled: true },
  },
  'have of the form changes': {
    type: 'have',
    channel: 1,
    hash: COUNTING,
    form: 'changes',
    entries: new Map([
      [ALICE, 129],
      [BOB, 0],
    ]),
    pushedBytes: 0,
  },
  want: { type: 'want', channel: 1, want: 2, vector: new Map([[ALICE, 5]]), cursor: CURSOR, credit: 65_536 },
  credit: { type: 'credit', channel: 1, want: 2, bytes: 65_536 },
  entries: {
    type: 'entries',
    channel: 1,
    want: 2,
    remaining: 300,
    cursor: CURSOR,
    claim: new Map([
      [ALICE, 7],
      [BOB, 3],
    ]),
    versions: [
      {
        id: 'milk',
        head: { time: 170_000_000_000_000, actor: ALICE, seq: 6, past: [], deleted: false, clocks: [] },
        body: '{"id":"milk"}',
      },
      {
        id: 'tea',
        head: {
          time: 169_999_999_999_900,
          actor: ALICE,
          seq: 7,
          past: [{ actor: BOB, seq: 3 }],
          deleted: false,
          clocks: [
            { field: 'id', time: 169_999_999_999_800, actor: BOB, seq: 2 },
            { field: 'n', time: 169_999_999_999_800, actor: BOB, seq: 2 },
          ],
          floor: { time: 169_999_999_999_899, actor: BOB, seq: 1 },
        },
        body: '{"id":"tea","n":"ü"}',
      },
    ],
  },
  push: {
    type: 'push',
    channel: 1,
    actor: ALICE,
    previous: 7,
    seq: 9,
    versions: [
      {
        id: 'milk',
        head: { time: 3, actor: ALICE, seq: 8, past: [], deleted: true, clocks: [] },
        body: '{}',
      },
      {
        id: 'film',
        head: { time: 4, actor: ALICE, seq: 9, past: [], deleted: false, clocks: [] },
        body: undefined,
        hash: 'AAECAwQFBgc',
        bytes: 20_971_520,
      },
    ],
  },
  compare: {
    type: 'compare',
    channel: 1,
    want: 2,
    after: 'milk',
    ranges: [
      { last: 'tea', digest: COUNTING.slice(0, 8) },
      { last: null, digest: NINES.slice(0, 8) },
    ],
  },
  differ: {
    type: 'differ',
    channel: 1,
    want: 2,
    upTo: 'rice',
    items: [{ id: 'oil', digest: COUNTING.slice(0, 8) }],
  },
  fetch: { type: 'fetch', channel: 1, want: 2, ids: ['oil', 'rice'] },
};

/** Blocks ```` ```bytes name ```` of SPEC.md: hex at the beginning of a line, then two spaces and an explanation. */
function specBytes(): Map<string, Uint8Array> {
  const spec = readFileSync(new URL('../../SPEC.md', import.meta.url), 'utf8');
  const blocks = new Map<string, Uint8Array>();
  for (const [, name, block] of spec.matchAll(/^```bytes (.+)\n([^`]*)^```$/gm)) {
    const hex = [...(block ?? '').matchAll(/^[0-9a-f]{2}(?: [0-9a-f]{2})*(?= {2}|$)/gm)].join(' ').split(' ');
    blocks.set(
      name ?? '',
      Uint8Array.from(hex, (byte) => Number.parseInt(byte, 16)),
    );
  }
  return blocks;
}

function hexOf(bytes: Uint8Array | undefined): string | undefined {
  return bytes && Buffer.from(bytes).toString('hex');
}

const quoted = specBytes();

describe('the bytes that SPEC.md quotes', () => {
  it('are there for every kind of frame', () => {
    expect([...quoted.keys()]).toEqual(Object.keys(FRAMES));
  });

  it.each(Object.keys(FRAMES))('%s', (name) => {
    const frame = FRAMES[name] as Frame;
    expect(hexOf(encodeFrame(frame))).toBe(hexOf(quoted.get(name)));
    expect(decodeFrame(quoted.get(name) as Uint8Array)).toStrictEqual(frame);
  });
});

/** [WIRE-1] Whatever the bytes are: the one form of a frame, or refused with a code. */
function judge(bytes: Uint8Array): 'taken' | 'refused' {
  let frame: Frame;
  try {
    frame = decodeFrame(bytes);
  } catch (error) {
    if (!(error instanceof P2PError) || !(DECODE_CODES as readonly string[]).includes(error.code)) throw error;
    return 'refused';
  }
  if (hexOf(encodeFrame(frame)) !== hexOf(bytes)) throw new Error(`two forms of one frame: ${hexOf(bytes)}`);
  return 'taken';
}

describe('[WIRE-1] every frame has one form, near the quoted ones', () => {
  it.each(Object.keys(FRAMES))('%s, cut anywhere, is refused', (name) => {
    const bytes = encodeFrame(FRAMES[name] as Frame);
    for (let length = 0; length < bytes.length; length++) expect(judge(bytes.slice(0, length))).toBe('refused');
  });

  it.each(Object.keys(FRAMES))('%s, with any byte after it, is refused', (name) => {
    const bytes = encodeFrame(FRAMES[name] as Frame);
    for (let byte = 0; byte < 256; byte++) expect(judge(Uint8Array.of(...bytes, byte))).toBe('refused');
  });

  it.each(Object.keys(FRAMES))('%s, with any one byte replaced by any other', (name) => {
    const bytes = encodeFrame(FRAMES[name] as Frame).slice();
    for (let at = 0; at < bytes.length; at++) {
      const original = bytes[at] as number;
      for (let byte = 0; byte < 256; byte++) {
        bytes[at] = byte;
        judge(bytes);
      }
      bytes[at] = original;
    }
    expect(judge(bytes)).toBe('taken');
  });
});
