/** Canonical JSON: the same text for equal values, whatever the order in which their keys were set (RFC 8785 for our subset). */
import { compareStrings } from '../version/dot.ts';

/** Text of a JSON value with sorted keys. `undefined` members are left out, as `JSON.stringify` does. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) {
    // One call for all: what has no members has no order of members.
    return value.every(isFlat) ? JSON.stringify(value) : `[${value.map(canonicalJson).join(',')}]`;
  }
  const object = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(object);
  // Most objects of one kind are written with their keys in one order; when that is the sorted one, so is their JSON.
  if (isSorted(keys) && keys.every((key) => isFlat(object[key]))) return JSON.stringify(object);
  let text = '';
  for (const key of keys.sort(compareStrings)) {
    const member = object[key];
    if (member === undefined) continue;
    text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(member)}`;
  }
  return `{${text}}`;
}

function isFlat(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

function isSorted(keys: readonly string[]): boolean {
  for (let i = 1; i < keys.length; i++) if ((keys[i - 1] ?? '') > (keys[i] ?? '')) return false;
  return true;
}
