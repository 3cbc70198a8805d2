import { Validator } from '@cfworker/json-schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createValidator } from './schema.ts';
import { MAX_COMPARED_ITEMS, MAX_PATTERN_UNITS } from './schema-bounds.ts';

const base = { version: 0, primaryKey: 'id', type: 'object', required: [] };
const id = { type: 'string', maxLength: 40 };
const validatorOf = (properties: object) => createValidator({ ...base, properties: { id, ...properties } });

describe('a schema that takes long for some documents', () => {
  const slow: readonly (readonly [what: string, properties: object, body: Record<string, unknown>])[] = [
    [
      'unique numbers',
      { list: { type: 'array', uniqueItems: true } },
      { list: [...Array.from({ length: 300_000 }, (_, i) => i), 7] },
    ],
    [
      'unique objects, inside of others',
      { list: { type: 'array', items: { type: 'object', properties: { in: { type: 'array', uniqueItems: true } } } } },
      { list: [{ in: Array.from({ length: 50_000 }, () => ({ a: [1, { b: 2 }] })) }] },
    ],
    [
      'unique items under another keyword',
      { list: { anyOf: [{ type: 'array', uniqueItems: true }] } },
      { list: Array.from({ length: 100_000 }, (_, i) => i) },
    ],
    ['a pattern', { text: { type: 'string', pattern: '^(a|b)*\\s*$' } }, { text: `${'a '.repeat(500_000)}!` }],
    ['a pattern inside', { x: { not: { pattern: '\\s+$' } } }, { x: `${' '.repeat(1_000_000)}!` }],
  ];
  it.each(slow)('has an end: %s', (_, properties, body) => {
    const validate = validatorOf(properties);
    const before = performance.now();
    const verdict = validate({ id: 'a', ...body });
    // Minutes without bounds; milliseconds with them.
    expect(performance.now() - before).toBeLessThan(10_000);
    if (!JSON.stringify(properties).includes('not')) expect(verdict).toMatch(/breaks the schema at #/);
  });

  it('is decided as before for all that is short', () => {
    const properties = {
      id,
      list: { type: 'array', uniqueItems: true, items: { type: 'array', uniqueItems: true } },
      more: { type: 'object', additionalProperties: { type: 'array', uniqueItems: true } },
      some: {
        anyOf: [
          { type: 'array', uniqueItems: true },
          { type: 'string', pattern: '^a+$' },
        ],
      },
      text: { type: 'string', pattern: '^[ab]*$' },
      date: { type: 'string', format: 'date' },
      open: {
        type: 'object',
        patternProperties: { '^u': { type: 'array', uniqueItems: true } },
        additionalProperties: { type: 'array', uniqueItems: true },
      },
    };
    const validate = validatorOf(properties);
    const plain = new Validator({ type: 'object', properties } as ConstructorParameters<typeof Validator>[0], '7');
    const value = fc.oneof(
      fc.constantFrom(1, 2, 'a', 'ab', 'c', '2026-11-21', null, true),
      fc.array(fc.oneof(fc.constantFrom(1, 2, '1'), fc.array(fc.constantFrom(1, 2, [1], { a: 1 }), { maxLength: 3 })), {
        maxLength: 3,
      }),
    );
    const object = fc.dictionary(fc.constantFrom('u', 'v'), value);
    const body = fc.record(
      { list: value, more: object, some: value, text: value, date: value, open: object },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(body, (given) => {
        const full = { id: 'a', ...given };
        expect(validate(full) === undefined).toBe(plain.validate(full).valid);
      }),
      { numRuns: 1_000 },
    );
  });

  it('ends where the limits say', () => {
    const text = validatorOf({ text: { type: 'string', pattern: 'a$' } });
    expect(text({ id: 'a', text: 'a'.repeat(MAX_PATTERN_UNITS) })).toBeUndefined();
    expect(text({ id: 'a', text: 'a'.repeat(MAX_PATTERN_UNITS + 1) })).toMatch(/#\/text/);
    const list = validatorOf({ list: { allOf: [{ uniqueItems: true }] } });
    const items = (length: number): number[] => Array.from({ length }, (_, i) => i);
    expect(list({ id: 'a', list: items(MAX_COMPARED_ITEMS) })).toBeUndefined();
    expect(list({ id: 'a', list: items(MAX_COMPARED_ITEMS + 1) })).toMatch(/#\/list/);
  });
});

it('a schema that cannot be applied shows nothing, and throws nothing', () => {
  const validate = validatorOf({ x: { $ref: '#/definitions/nowhere' } });
  expect(validate({ id: 'a', x: 1 })).toMatch(/cannot be applied/);
});

it('`multipleOf` is decided for fractions as exactly as numbers are', () => {
  const validate = validatorOf({
    time: { type: 'number', multipleOf: 0.01 },
    list: { type: 'array', items: { type: 'number', multipleOf: 0.25 } },
    whole: { type: 'integer', multipleOf: 7 },
  });
  for (const time of [0, -0.07, 0.1 + 0.2, 19.99, 5_700_000_000.01, 1_795_287_315_334.01])
    expect(validate({ id: 'a', time, list: [0.75, 1e15], whole: 14 }), String(time)).toBeUndefined();
  for (const time of [0.005, 19.991, 5_700_000_000.013])
    expect(validate({ id: 'a', time }), String(time)).toContain('#/time: multipleOf');
  expect(validate({ id: 'a', list: [0.5, 0.3] })).toContain('#/list/1: multipleOf');
  expect(validate({ id: 'a', whole: 15 })).toContain('#/whole: multipleOf');
});
