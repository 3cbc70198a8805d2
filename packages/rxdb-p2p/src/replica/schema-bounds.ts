/**
 * Takes out of a schema what would let one document keep a validator busy for minutes. Patterns, which may take the square of
 * a text's length or worse, are tried on short text only; `uniqueItems`, which the validator decides by comparing all
 * items with each other, is decided here in one pass. So are fractions under `multipleOf`, which the validator takes for wrong
 * where numbers are large, as times of RxDB are. What it changes is part of the verdict: the same on every device.
 */
import { canonicalJson, isJsonObject, type JsonObject } from '@rxdb-p2p/protocol';

/**
 * Text that a `pattern` or `format` is tried on, UTF-16 units; a longer one counts as one that does not match. A pattern
 * that takes the square of it is done in about a second.
 */
export const MAX_PATTERN_UNITS: number = 32_768;

/** Items of a list under `uniqueItems` inside of `anyOf`, `not`, `$ref` and the like, where the validator compares them. */
export const MAX_COMPARED_ITEMS: number = 128;

/** What is decided here and does not hold: its place and the keyword, or undefined. */
export type OwnCheck = (value: unknown, place: string) => string | undefined;

export interface BoundedSchema {
  readonly schema: unknown;
  readonly broken: OwnCheck;
}

/** How far a quotient may be from a whole number, relatively: what its division and the two numbers round off. */
const ROUNDED_OFF: number = 2 ** -50;

const HOLDS_SCHEMA: ReadonlySet<string> = new Set([
  ...['items', 'additionalItems', 'additionalProperties', 'contains', 'propertyNames', 'not', 'if', 'then', 'else'],
  ...['allOf', 'anyOf', 'oneOf', 'prefixItems'],
]);
const HOLDS_NAMED_SCHEMAS: ReadonlySet<string> = new Set([
  ...['properties', 'patternProperties', 'definitions', '$defs', 'dependentSchemas', 'dependencies'],
]);

export function boundSchema(schema: JsonObject): BoundedSchema {
  return { schema: bounded(schema, true), broken: ownCheckOf(schema) ?? (() => undefined) };
}

/** @param plain whether `ownCheckOf` gets here */
function bounded(schema: unknown, plain: boolean): unknown {
  if (Array.isArray(schema)) return schema.map((inner) => bounded(inner, false));
  if (!isJsonObject(schema)) return schema;
  const { pattern, format, uniqueItems, ...rest } = schema;
  const result: Record<string, unknown> = {};
  for (const [keyword, value] of Object.entries(rest)) {
    if (keyword === 'multipleOf' && plain && isFraction(value)) continue;
    const open = plain && isPlainChild(schema, keyword);
    if (HOLDS_SCHEMA.has(keyword)) result[keyword] = bounded(value, open);
    else if (HOLDS_NAMED_SCHEMAS.has(keyword) && isJsonObject(value)) result[keyword] = mapValues(value, open);
    else result[keyword] = value;
  }
  const also: unknown[] = [];
  if (pattern !== undefined || format !== undefined) {
    const keywords = { ...(pattern === undefined ? {} : { pattern }), ...(format === undefined ? {} : { format }) };
    also.push(onlyIf({ type: 'string' }, onlyIf({ maxLength: MAX_PATTERN_UNITS }, keywords, false), true));
  }
  if (uniqueItems === true && !plain) also.push(onlyIf({ maxItems: MAX_COMPARED_ITEMS }, { uniqueItems }, false));
  if (also.length > 0) result['allOf'] = [...((result['allOf'] as unknown[] | undefined) ?? []), ...also];
  return result;
}

/** The validator looks at all keywords of a schema, but only at one of these branches. */
function onlyIf(condition: JsonObject, so: unknown, otherwise: boolean): JsonObject {
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema; nobody awaits a schema
  return { if: condition, then: so, else: otherwise };
}

/** Where every value of that place must satisfy the schema that stands there, and `ownCheckOf` goes on. */
function isPlainChild(schema: JsonObject, keyword: string): boolean {
  if (schema['$ref'] !== undefined) return false;
  if (keyword === 'additionalProperties') return schema['patternProperties'] === undefined;
  return keyword === 'properties' || (keyword === 'items' && isJsonObject(schema['items']));
}

function mapValues(schemas: JsonObject, plain: boolean): JsonObject {
  return Object.fromEntries(Object.entries(schemas).map(([name, inner]) => [name, bounded(inner, plain)]));
}

/** Along `properties`, `items` and `additionalProperties`: where nearly all schemas say `uniqueItems` and `multipleOf`. */
function ownCheckOf(schema: unknown): OwnCheck | undefined {
  if (!isJsonObject(schema)) return undefined;
  const child = (keyword: string): unknown => (isPlainChild(schema, keyword) ? schema[keyword] : undefined);
  const properties = child('properties');
  const unique = schema['uniqueItems'] === true && schema['$ref'] === undefined;
  const { multipleOf } = schema;
  const unit = isFraction(multipleOf) && schema['$ref'] === undefined ? multipleOf : undefined;
  const named = new Map<string, OwnCheck>();
  for (const [name, inner] of isJsonObject(properties) ? Object.entries(properties) : []) {
    const check = ownCheckOf(inner);
    if (check !== undefined) named.set(name, check);
  }
  const ofItems = ownCheckOf(child('items'));
  const others = ownCheckOf(child('additionalProperties'));
  const known = new Set(isJsonObject(properties) ? Object.keys(properties) : []);
  if (named.size === 0 && ofItems === undefined && others === undefined && !unique && unit === undefined)
    return undefined;
  return (value, place) => {
    if (typeof value === 'number')
      return unit === undefined || isMultiple(value, unit) ? undefined : `${place}: multipleOf`;
    if (Array.isArray(value)) {
      if (unique && new Set(value.map(canonicalJson)).size < value.length) return `${place}: uniqueItems`;
      return ofItems && firstOf(value.entries(), (item, index) => ofItems(item, `${place}/${index}`));
    }
    if (!isJsonObject(value) || (named.size === 0 && others === undefined)) return undefined;
    return firstOf(Object.entries(value), (member, name) =>
      (known.has(name) ? named.get(name) : others)?.(member, `${place}/${name}`),
    );
  };
}

function firstOf<K>(
  entries: Iterable<readonly [K, unknown]>,
  check: (value: unknown, key: K) => string | undefined,
): string | undefined {
  for (const [key, value] of entries) {
    const found = check(value, key);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isFraction(unit: unknown): unit is number {
  return typeof unit === 'number' && unit > 0 && !Number.isInteger(unit);
}

function isMultiple(value: number, unit: number): boolean {
  const quotient = value / unit;
  return Math.abs(quotient - Math.round(quotient)) <= Math.max(1e-9, Math.abs(quotient) * ROUNDED_OFF);
}
