/** Checks the content of a remote version before it can be shown. What fails is kept hidden: it never stops a vector. */
import type { Body, Version } from '@rxdb-p2p/protocol';
import type { StoredHead } from '../journal/record.ts';
import { isRxdbField } from './document.ts';

/** Says what is wrong with a body, or undefined. Depends on body and schema alone, so that all replicas agree. */
export type ValidateBody = (body: Body) => string | undefined;

export interface ContentRules {
  readonly primaryPath: string;
  readonly validate: ValidateBody;
  /** tombstones without content are fine */
  readonly keepsTombstones: boolean;
}

/** Nesting of a document that can be shown; deeper ones make recursive code of others overflow. */
const MAX_DEPTH = 64;

export interface Checked {
  readonly stored: StoredHead;
  /** the content as it will be shown */
  readonly body?: Body;
  /** why the version stays hidden */
  readonly problem?: string;
}

export function checkVersion({ id, head, body }: Version, rules: ContentRules): Checked {
  if (body === undefined) return { stored: { head, hidden: true }, problem: 'its content is too large to travel' };
  if (head.deleted && !rules.keepsTombstones) return { stored: { head, body: '{}' } };
  const checked = checkText(id, body, rules);
  if (typeof checked !== 'string') return { stored: { head, body }, body: checked };
  return { stored: { head, body, hidden: true }, problem: checked };
}

/** The content, or what is wrong with it. */
function checkText(id: string, text: string, { primaryPath, validate }: ContentRules): Body | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'its content is not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'its content is not an object';
  const body = value as Body;
  if (body[primaryPath] !== id) return `its primary key ${primaryPath} is not the id it came under`;
  const reserved = Object.keys(body).find(isRxdbField);
  if (reserved !== undefined) return `it has the reserved field ${reserved}`;
  if (tooDeep(body, 0)) return `it is nested deeper than ${MAX_DEPTH} levels, or has a key __proto__`;
  return validate(body) ?? body;
}

function tooDeep(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth >= MAX_DEPTH || Object.hasOwn(value, '__proto__')) return true;
  for (const key in value) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    if (typeof member === 'object' && member !== null && tooDeep(member, depth + 1)) return true;
  }
  return false;
}
