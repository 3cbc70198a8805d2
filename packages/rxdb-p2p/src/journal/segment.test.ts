import { createFieldHasher, HASH_LENGTH, MAX_TIMESTAMP, P2PError } from '@rxdb-p2p/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DocRecord, StoredHead } from './record.ts';
import {
  decodeSegment,
  decodeSingleHead,
  type EncodedHead,
  encodeSegment,
  encodeSingleHead,
  type StateChange,
} from './segment.ts';

const actor = fc.oneof(
  fc.constantFrom('__defineGetter__', '__lookupSetter__', 'AAAAAAAAAAAAAAAA', '-_-_-_-_-_-_-_-_'),
  fc.string({ unit: fc.constantFrom(...'abcXYZ019-_'), minLength: 16, maxLength: 16 }),
);
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const time = fc.integer({ min: 0, max: MAX_TIMESTAMP });
const count = fc.nat();
const dot = fc.record({ actor, seq });
const clock = fc.record({ actor, seq, time });
const fieldName = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'a\nb', ''));

const hash = fc.string({ unit: 'grapheme-ascii', minLength: 11, maxLength: 11 });
const head = fc
  .record({
    ...{ actor, seq, time, deleted: fc.boolean(), past: fc.array(dot, { maxLength: 3 }), hash },
    clocks: fc.array(fc.record({ field: fieldName, actor, seq, time }), { maxLength: 3 }),
    floor: fc.option(clock, { nil: undefined }),
  })
  .map(({ floor, ...rest }) => (floor === undefined ? rest : { ...rest, floor }));
const storedHead = fc
  .record({ head, body: fc.option(fc.string(), { nil: undefined }), hidden: fc.boolean() })
  .map(({ head: envelope, body, hidden }): StoredHead => {
    return { head: envelope, ...(body === undefined ? {} : { body }), ...(hidden ? { hidden } : {}) };
  });
const heads = fc.array(storedHead, { maxLength: 3 });
const names = fc.uniqueArray(fc.string({ unit: 'grapheme-ascii', maxLength: 5 }), { maxLength: 4 });
const fields = names.map((given) => {
  const sorted = [...given].sort((a, b) => (a < b ? -1 : 1));
  return { names: sorted, hashes: sorted.map((_, i) => String(i).padStart(HASH_LENGTH, '-')).join('') };
});
const record: fc.Arbitrary<DocRecord> = fc
  .record({
    ...{ id: fc.string(), rev: fc.string(), lwt: fc.double({ min: 0, max: 1e15, noNaN: true }), schema: count },
    ...{ lsn: count, heads, fields },
    pending: fc.option(fc.record({ rev: fc.string(), heads }), { nil: undefined }),
  })
  .map(({ pending, ...rest }) => (pending === undefined ? rest : { ...rest, pending }));
const cursor = fc.record({ journal: fc.string(), epoch: fc.string(), lsn: count });
const state: fc.Arbitrary<StateChange> = fc.record(
  {
    ...{ incarnation: fc.string(), seq: count, lsn: count, acknowledged: count, dropped: fc.array(fc.string()) },
    vector: fc.array(fc.tuple(actor, count)),
    cursors: fc.array(fc.tuple(fc.string(), fc.option(cursor, { nil: null }))),
    checkpoint: fc.jsonValue(),
    epochs: fc.array(fc.record({ id: fc.string(), firstLsn: count })),
    snapshot: fc.record({ generation: count, parts: fc.nat(1_000_000) }),
  },
  { requiredKeys: [] },
);

/** What JSON makes of it: `-0` is 0 there. */
const viaJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('a segment', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), state, (records, change) => {
        const text = encodeSegment(records, change);
        const read = decodeSegment('s1', text, createFieldHasher());
        expect(viaJson(read)).toEqual(viaJson({ records, state: change }));
      }),
    );
  });

  it('names an actor and a shape once, however often they come', () => {
    const envelope = { actor: 'AAAAAAAAAAAAAAAA', time: 1, deleted: false, past: [], clocks: [], hash: 'content-has' };
    const shared = { names: ['field-name'], hashes: 'x'.repeat(HASH_LENGTH) };
    const records = [1, 2, 3].map(
      (n): DocRecord => ({
        ...{ id: `id ${n}`, rev: '1-x', lwt: n, schema: 0, lsn: n, fields: shared },
        heads: [{ head: { ...envelope, seq: n } }],
      }),
    );
    const text = encodeSegment(records, {});
    expect(text.split('AAAAAAAAAAAAAAAA')).toHaveLength(2);
    expect(text.split('field-name')).toHaveLength(2);
    const read = decodeSegment('s1', text, createFieldHasher());
    expect(new Set(read.records.map((decoded) => decoded.fields.names)).size).toBe(1);
  });

  it('is JOURNAL_UNREADABLE, or of the right types, whatever a disk has made of it', () => {
    const damage = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(null, -1, 1.5, 2 ** 53, MAX_TIMESTAMP + 1, [], [[]]),
    );
    fc.assert(
      fc.property(fc.array(record, { maxLength: 3 }), state, fc.nat(), damage, (records, change, place, value) => {
        const text = replaceAt(encodeSegment(records, change), place, value);
        try {
          const read = decodeSegment('s1', text, createFieldHasher());
          expect(problemOf(read.records, read.state)).toBeUndefined();
        } catch (error) {
          expect(error).toMatchObject({ code: 'JOURNAL_UNREADABLE' });
        }
      }),
      { numRuns: 500 },
    );
  });

  it('says which row it was, and keeps the cause', () => {
    const unreadable = (): unknown => decodeSegment('s000000000007', '{', createFieldHasher());
    expect(unreadable).toThrow(P2PError);
    expect(unreadable).toThrow(/s000000000007/);
    expect(unreadable).toThrow(expect.objectContaining({ cause: expect.any(SyntaxError) }));
  });
});

describe('a head of its own', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(storedHead, (stored) => {
        const withoutHash = { ...stored, head: { ...stored.head, hash: '' } };
        expect(viaJson(decodeSingleHead(viaJson(encodeSingleHead(stored))))).toEqual(viaJson(withoutHash));
      }),
    );
  });

  it('is a TypeError where it is none', () => {
    for (const nothing of [null, 5, {}, { actors: [] }, { actors: ['short'], row: [0, 1, 1, 0] }, { row: [] }]) {
      expect(() => decodeSingleHead(nothing as unknown as EncodedHead)).toThrow(TypeError);
    }
  });
});

/** The text with one value in it, somewhere, replaced. */
function replaceAt(text: string, place: number, value: unknown): string {
  const root: Record<string, unknown> = { root: JSON.parse(text) as unknown };
  const places: (readonly [parent: Record<string, unknown>, key: string])[] = [];
  const visit = (parent: Record<string, unknown>): void => {
    for (const key of Object.keys(parent)) {
      places.push([parent, key]);
      const child = parent[key];
      if (typeof child === 'object' && child !== null) visit(child as Record<string, unknown>);
    }
  };
  visit(root);
  const [parent, key] = places[place % places.length] ?? [root, 'root'];
  parent[key] = value;
  return JSON.stringify(root['root']);
}

/** What of a decoded segment would break those who use it. */
function problemOf(records: readonly DocRecord[], change: StateChange): string | undefined {
  for (const { id, rev, lwt, schema, lsn, heads: own, fields: hashes, pending } of records) {
    if (typeof id !== 'string' || typeof rev !== 'string' || typeof lwt !== 'number') return 'a record';
    if (!Number.isSafeInteger(schema) || !Number.isSafeInteger(lsn)) return 'numbers of a record';
    if (hashes.names.some((name) => typeof name !== 'string')) return 'field names';
    if (hashes.hashes.length !== hashes.names.length * HASH_LENGTH) return 'field hashes';
    for (const { head: envelope, body } of [...own, ...(pending?.heads ?? [])]) {
      const dots = [envelope, ...envelope.past, ...envelope.clocks, ...(envelope.floor ? [envelope.floor] : [])];
      if (dots.some((named) => !/^[\w-]{16}$/.test(named.actor) || !Number.isSafeInteger(named.seq))) return 'a dot';
      const clocks = [envelope, ...envelope.clocks, ...(envelope.floor ? [envelope.floor] : [])];
      if (clocks.some((at) => !Number.isInteger(at.time) || at.time < 0 || at.time > MAX_TIMESTAMP)) return 'a clock';
      if (envelope.clocks.some(({ field }) => typeof field !== 'string')) return 'a field';
      if (body !== undefined && typeof body !== 'string') return 'a body';
    }
  }
  for (const [name, entry] of change.vector ?? []) if (typeof name !== 'string' || !(entry >= 0)) return 'the vector';
  for (const [name] of change.cursors ?? []) if (typeof name !== 'string') return 'a cursor';
  return undefined;
}
