/**
 * Says of most valid documents that they are valid, several times as fast as a full validator: on the path of every
 * document of a first sync. It only knows common keywords; whatever it does not know or does not like goes to the full
 * validator, which alone may refuse. A property test holds the two against each other.
 */

import { isJsonObject, type JsonObject } from '@rxdb-p2p/protocol';

/** True: certainly valid. False: ask the full validator. */
export type QuickCheck = (value: unknown) => boolean;

const KNOWN: ReadonlySet<string> = new Set([
  ...['type', 'properties', 'required', 'additionalProperties', 'items', 'enum', 'default'],
  ...['maxLength', 'minLength', 'minimum', 'maximum'],
  // RxDB's own, which say nothing about documents
  ...['version', 'primaryKey', 'keyCompression', 'crdt', 'attachments'],
]);

/** Undefined: the schema says something that is not known here. */
export function compileQuickCheck(schema: unknown): QuickCheck | undefined {
  if (!isJsonObject(schema)) return undefined;
  if (Object.keys(schema).some((keyword) => !KNOWN.has(keyword))) return undefined;
  if (schema['enum'] !== undefined) return compileEnum(schema['enum']);
  switch (schema['type']) {
    case 'string':
      return compileString(schema);
    case 'number':
    case 'integer':
      return compileNumber(schema);
    case 'boolean':
      return (value) => typeof value === 'boolean';
    case 'null':
      return (value) => value === null;
    case 'array':
      return compileArray(schema);
    case 'object':
      return compileObject(schema);
    default:
      return undefined;
  }
}

function compileEnum(values: unknown): QuickCheck | undefined {
  if (!Array.isArray(values)) return undefined;
  const strings = new Set(values.filter((value) => typeof value === 'string'));
  // Only as sure as the rest of the schema: with a type beside it the full validator decides what is no string.
  return (value) => typeof value === 'string' && strings.has(value);
}

function compileString({ maxLength = Number.POSITIVE_INFINITY, minLength = 0 }: JsonObject): QuickCheck {
  const longest = Number(maxLength);
  // JSON Schema counts code points: at most two UTF-16 units each.
  const shortest = Number(minLength) * 2;
  return (value) => typeof value === 'string' && value.length <= longest && value.length >= shortest;
}

function compileNumber({
  type,
  minimum = Number.NEGATIVE_INFINITY,
  maximum = Number.POSITIVE_INFINITY,
}: JsonObject): QuickCheck {
  const [low, high] = [Number(minimum), Number(maximum)];
  if (type === 'integer')
    return (value) => Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
  return (value) => typeof value === 'number' && value >= low && value <= high;
}

function compileArray({ items }: JsonObject): QuickCheck | undefined {
  const checkItem = items === undefined ? () => true : compileQuickCheck(items);
  if (checkItem === undefined) return undefined;
  return (value) => Array.isArray(value) && value.every(checkItem);
}

function compileObject({
  properties = {},
  required = [],
  additionalProperties = true,
}: JsonObject): QuickCheck | undefined {
  if (typeof additionalProperties !== 'boolean' || !Array.isArray(required)) return undefined;
  const checks = new Map<string, QuickCheck>();
  for (const [name, property] of Object.entries(properties as JsonObject)) {
    const check = compileQuickCheck(property);
    if (check === undefined) return undefined;
    checks.set(name, check);
  }
  const names = required.map(String);
  return (value) => {
    if (!isJsonObject(value)) return false;
    for (const name of names) if (!Object.hasOwn(value, name)) return false;
    for (const name in value) {
      const check = checks.get(name);
      if (check === undefined ? !additionalProperties : !check(value[name])) return false;
    }
    return true;
  };
}
