import {
  type Body,
  contentHash,
  createFieldHasher,
  type Envelope,
  NO_FIELD_CLOCKS,
  NO_PAST,
  type Version,
} from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import { type ContentRules, checkVersion } from './content.ts';
import { createValidator } from './schema.ts';

const schema = {
  version: 0,
  primaryKey: 'id',
  type: 'object',
  properties: {
    id: { type: 'string', maxLength: 40 },
    text: { type: 'string' },
    free: { type: 'object', additionalProperties: true },
  },
  required: ['id'],
};
const hasher = createFieldHasher();
const rulesOf = (more: Partial<ContentRules> = {}, open = false): ContentRules => ({
  primaryPath: 'id',
  validate: createValidator({ ...schema, additionalProperties: open }),
  keepsTombstones: false,
  hasher,
  ...more,
});

function versionOf(body: string | undefined, deleted = false): Version {
  const head: Envelope = {
    ...{ actor: 'author----------', seq: 1, time: 1, deleted, past: NO_PAST, clocks: NO_FIELD_CLOCKS },
  };
  return body === undefined ? { id: 'a', head, body, hash: 'content-has' } : { id: 'a', head, body };
}

/** Nested so deep that code which recurses without a bound overflows. */
const nested = (depth: number): string => `{"id":"a","free":${'{"x":'.repeat(depth)}1${'}'.repeat(depth)}}`;

describe('content that can be shown', () => {
  const good: readonly (readonly [what: string, body: string])[] = [
    ['a document', '{"id":"a","text":"x"}'],
    ['names of object prototypes as data', '{"id":"a","free":{"constructor":1,"toString":{},"hasOwnProperty":null}}'],
    ['nesting up to the limit', nested(62)],
  ];
  it.each(good)('%s', (_, body) => {
    const { stored, problem, content } = checkVersion(versionOf(body), rulesOf());
    expect(problem).toBeUndefined();
    expect(stored).toMatchObject({ head: versionOf(body).head, body });
    expect(content?.body).toEqual(JSON.parse(body));
  });
});

describe('content that stays hidden', () => {
  const bad: readonly (readonly [what: string, body: string | undefined, problem: RegExp])[] = [
    ['none: it was too large to travel', undefined, /too large/],
    ['no JSON', '{"id":"a"', /not JSON/],
    ['nothing', '', /not JSON/],
    ['null', 'null', /not an object/],
    ['a list', '["a"]', /not an object/],
    ['a text', '"a"', /not an object/],
    ['another primary key', '{"id":"b"}', /primary key/],
    ['no primary key', '{"text":"x"}', /primary key/],
    ['a primary key of another type', '{"id":["a"]}', /primary key/],
    ['a revision of its own', '{"id":"a","_rev":"9-x"}', /reserved field _rev/],
    ['metadata of its own', '{"id":"a","_meta":{"lwt":9}}', /reserved field _meta/],
    ['a deletion of its own', '{"id":"a","_deleted":true}', /reserved field _deleted/],
    ['attachments of its own', '{"id":"a","_attachments":{}}', /reserved field _attachments/],
    ['a prototype', '{"id":"a","__proto__":{"text":5}}', /__proto__/],
    ['a prototype inside', '{"id":"a","free":{"x":[{"__proto__":{}}]}}', /__proto__/],
    ['nesting beyond the limit', nested(64), /deeper/],
    ['nesting far beyond the limit', nested(100_000), /deeper/],
    ['lists nested far beyond the limit', `{"id":"a","free":{"x":${'['.repeat(9_999)}${']'.repeat(9_999)}}}`, /deeper/],
    ['a field of the wrong type', '{"id":"a","text":5}', /schema/],
    ['an unknown field', '{"id":"a","extra":5}', /schema/],
    ['an unknown field called like a method', '{"id":"a","constructor":5}', /schema/],
    ['an unknown field called like another', '{"id":"a","toString":"x","valueOf":1}', /schema/],
    ['an id beyond its length', `{"id":"${'a'.repeat(41)}"}`, /primary key/],
  ];
  it.each(bad)('%s', (_, body, expected) => {
    const { stored, problem, content } = checkVersion(versionOf(body), rulesOf());
    expect(problem?.text).toMatch(expected);
    expect(content).toBeUndefined();
    // It is kept and relayed as it came.
    expect(stored).toMatchObject({ head: versionOf(body).head, hidden: true, ...(body === undefined ? {} : { body }) });
  });

  it('has the hash that its author computes, however deep it is', () => {
    const bodies = ['{"id":"a","text":5}', '{"id":"a","extra":5}', nested(62), nested(63), nested(64), nested(9_000)];
    for (const body of bodies) {
      const { head } = versionOf(body);
      const fields = hasher.hash(JSON.parse(body) as Body);
      expect(checkVersion(versionOf(body), rulesOf()).stored.head.hash).toBe(contentHash(head, fields));
    }
    const hashes = ['no JSON', '[]', 'null'].map((body) => checkVersion(versionOf(body), rulesOf()).stored.head.hash);
    expect(new Set(hashes).size).toBe(3);
    expect(checkVersion(versionOf(undefined), rulesOf()).stored.head.hash).toBe('content-has');
  });

  it('names of object prototypes are data where the schema is open', () => {
    const body = '{"id":"a","constructor":1,"toString":"x","hasOwnProperty":null}';
    expect(checkVersion(versionOf(body), rulesOf({}, true)).problem).toBeUndefined();
  });

  it('that throws in a validator of the application’s schema never gets through', () => {
    const validate = (): string => 'no';
    expect(checkVersion(versionOf('{"id":"a"}'), rulesOf({ validate })).problem?.text).toBe('no');
  });
});

describe('a tombstone', () => {
  it('needs no content, and keeps none, where the fold does not read it', () => {
    for (const body of ['{}', '{"id":"b"}', 'no JSON']) {
      const { stored, problem } = checkVersion(versionOf(body, true), rulesOf());
      expect(problem).toBeUndefined();
      expect(stored).toMatchObject({ head: versionOf(body, true).head, body: '{}' });
    }
  });

  it('is checked like any version where a conflict handler may read it', () => {
    const rules = rulesOf({ keepsTombstones: true });
    expect(checkVersion(versionOf('{"id":"a","text":"x"}', true), rules).stored.body).toBe('{"id":"a","text":"x"}');
    expect(checkVersion(versionOf('{"id":"b"}', true), rules).stored.hidden).toBe(true);
  });
});
