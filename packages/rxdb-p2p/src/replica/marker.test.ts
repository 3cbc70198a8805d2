import { contentHash, createFieldHasher, type Envelope, headOf } from '@rxdb-p2p/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StoredDocument } from './document.ts';
import { encodeMarker, MARKER_KEY, type Marker, readMarker } from './marker.ts';

const hasher = createFieldHasher();
const envelope: Envelope = {
  ...{ actor: '__defineGetter__', seq: 3, time: 77, deleted: false, past: [{ actor: 'another-actor-16', seq: 9 }] },
  clocks: [{ field: '__proto__', time: 5, actor: 'another-actor-16', seq: 2 }],
  floor: { time: 4, actor: 'another-actor-16', seq: 1 },
};

function documentWith(marker: unknown): StoredDocument {
  const meta: Record<string, unknown> = { lwt: 1, [MARKER_KEY]: marker };
  return { id: 'a', _rev: '1-x', _deleted: false, _attachments: {}, _meta: meta as { lwt: number } };
}

describe('the marker of a document', () => {
  it('is read as it was written, after any storage has copied it', () => {
    const fields = hasher.hash({ id: 'a', text: 'x' });
    const head = headOf(envelope, contentHash(envelope, fields));
    for (const marker of [
      { rev: '2-p', fields, head: { head } },
      { rev: '2-p', fields },
    ] satisfies Marker[]) {
      const stored = encodeMarker(marker);
      expect(readMarker(documentWith(stored), hasher)).toEqual(marker);
      expect(readMarker(documentWith(JSON.parse(JSON.stringify(stored))), hasher)).toEqual(marker);
    }
  });

  it('is none where there is none', () => {
    for (const nothing of [undefined, null, 5, 'text', [], {}, { v: 1 }]) {
      expect(readMarker(documentWith(nothing), hasher)).toBeUndefined();
    }
    const unmarked = documentWith(undefined);
    expect(readMarker({ ...unmarked, _meta: { lwt: 1 } }, hasher)).toBeUndefined();
  });

  it('is none of another format', () => {
    const stored = encodeMarker({ rev: '2-p', fields: hasher.hash({ id: 'a' }) });
    expect(readMarker(documentWith({ ...stored, v: 2 }), hasher)).toBeUndefined();
  });

  it('is none, or one that can be used, whatever stands in its place', () => {
    const stored = encodeMarker({
      rev: '2-p',
      fields: hasher.hash({ id: 'a', text: 'x' }),
      head: { head: headOf(envelope, '') },
    });
    const part = fc.constantFrom(...Object.keys(stored));
    fc.assert(
      fc.property(part, fc.jsonValue({ maxDepth: 3 }), (key, value) => {
        const read = readMarker(documentWith({ ...stored, [key]: value }), hasher);
        if (read === undefined) return;
        expect(typeof read.rev).toBe('string');
        expect(read.fields.names.every((name) => typeof name === 'string')).toBe(true);
        expect(read.fields.hashes).toHaveLength(read.fields.names.length * 11);
        expect(read.head === undefined || typeof read.head.head.time === 'number').toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
