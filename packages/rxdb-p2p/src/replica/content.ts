/** Checks the content of a remote version before it can be shown. What fails is kept hidden: it never stops a vector. */
import {
  type Body,
  contentHash,
  type Envelope,
  type FieldHasher,
  type FieldHashes,
  type Head,
  headOf,
  isJsonObject,
  MAX_CONTENT_DEPTH,
  NO_FIELDS,
  opaqueContentHash,
  parseJsonObject,
  type Version,
} from '@rxdb-p2p/protocol';
import type { StoredHead } from '../journal/record.ts';
import { isRxdbField } from './document.ts';
import type { ContentProblem, QuarantineReason } from './quarantine-reason.ts';
import { fieldNamesProblem } from './syncable.ts';

/** Says what is wrong with a body, or undefined. Depends on body and schema alone, so that all replicas agree. */
export type ValidateBody = (body: Body) => string | undefined;

export interface ContentRules {
  readonly primaryPath: string;
  readonly validate: ValidateBody;
  /** tombstones without content are fine */
  readonly keepsTombstones: boolean;
  readonly hasher: FieldHasher;
}

/**
 * Text from which nesting is counted before it is parsed, UTF-16 units: a shorter one makes at most as many objects as it
 * has characters, 16,384; 8 MiB of brackets would make millions, and fill the memory until they are refused.
 */
const SCANNED_FROM_UNITS = 16_384;

/** Keys anywhere in a document, UTF-16 units: patterns of a schema are tried on them. */
const MAX_KEY_UNITS = 4_096;

export interface Content {
  readonly body: Body;
  readonly fields: FieldHashes;
}

export interface Checked {
  readonly stored: StoredHead;
  /** the content as it will be shown, and hashes of its fields */
  readonly content?: Content;
  /** why the version stays hidden */
  readonly problem?: ContentProblem;
}

export function checkVersion({ id, head: envelope, body, hash, bytes }: Version, rules: ContentRules): Checked {
  if (body === undefined) {
    const head = headOf(envelope, hash ?? opaqueContentHash(envelope, ''));
    const stored: StoredHead = bytes === undefined ? { head, hidden: true } : { head, hidden: true, bytes };
    return { stored, problem: problemOf('TOO_LARGE', 'its content is too large to travel') };
  }
  const { hasher } = rules;
  if (envelope.deleted) {
    const head = headOf(envelope, contentHash(envelope, NO_FIELDS));
    if (!rules.keepsTombstones) return { stored: { head, body: '{}' } };
    const empty = { [rules.primaryPath]: id };
    // A delete of what nobody could read says no more.
    if (body === JSON.stringify(empty))
      return { stored: { head, body }, content: { body: empty, fields: hasher.hash(empty) } };
  }
  const checked = checkText(id, body, rules);
  if ('body' in checked) {
    const fields = hasher.hash(checked.body);
    const head = headOf(envelope, contentHash(envelope, hasher.plain(fields, checked.body)));
    return { stored: { head, body }, content: { body: checked.body, fields } };
  }
  const { problem } = checked;
  return { stored: { head: hiddenHead(envelope, body, hasher), body, hidden: true }, problem };
}

/** What cannot be shown here may be what its author shows: its hash must be the one that the author computes. */
function hiddenHead(envelope: Envelope, text: string, hasher: FieldHasher): Head {
  if (envelope.deleted || isDeepText(text))
    return headOf(envelope, contentHash(envelope, { ...NO_FIELDS, deep: true }));
  const body = parseJsonObject(text);
  if (body === undefined) return headOf(envelope, opaqueContentHash(envelope, text));
  return headOf(envelope, contentHash(envelope, hasher.plain(hasher.hash(body), body)));
}

/** Nested too deeply to be parsed without harm. */
function isDeepText(text: string): boolean {
  return text.length >= SCANNED_FROM_UNITS && nestsTooDeep(text);
}

type Verdict = { readonly body: Body } | { readonly problem: ContentProblem };

function checkText(id: string, text: string, rules: ContentRules): Verdict {
  if (isDeepText(text)) return { problem: TOO_DEEP };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { problem: problemOf('NOT_JSON', 'its content is not JSON') };
  }
  if (!isJsonObject(value)) return { problem: problemOf('NOT_AN_OBJECT', 'its content is not an object') };
  const problem = checkBody(id, value, rules);
  return problem === undefined ? { body: value } : { problem };
}

/** What keeps a document from being shown by other devices; of the author's own, too. */
export function checkBody(id: string, body: Body, { primaryPath, validate }: ContentRules): ContentProblem | undefined {
  if (body[primaryPath] !== id) {
    return problemOf('PRIMARY_KEY_DIFFERS', `its primary key ${primaryPath} is not the id it came under`);
  }
  const names = Object.keys(body);
  const reserved = names.find(isRxdbField);
  if (reserved !== undefined) return problemOf('RESERVED_FIELD', `it has the reserved field ${reserved}`);
  const unfit = fieldNamesProblem(names);
  if (unfit !== undefined) return problemOf('UNSAFE_KEY', unfit);
  const flaw = flawOf(body, 0);
  if (flaw !== undefined) return flaw;
  const invalid = validate(body);
  return invalid === undefined ? undefined : problemOf('SCHEMA', invalid);
}

function problemOf(reason: QuarantineReason, text: string): ContentProblem {
  return { reason, text };
}

const TOO_DEEP: ContentProblem = problemOf('TOO_DEEP', `it is nested deeper than ${MAX_CONTENT_DEPTH} levels`);
const PROTO: ContentProblem = problemOf('UNSAFE_KEY', 'it has a key __proto__');
const LONG_KEY: ContentProblem = problemOf('UNSAFE_KEY', `it has a key of more than ${MAX_KEY_UNITS} characters`);
const INFINITE: ContentProblem = problemOf('NUMBER_OUT_OF_RANGE', 'it has a number that is too large to be kept');

function flawOf(value: unknown, depth: number): ContentProblem | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : INFINITE;
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth >= MAX_CONTENT_DEPTH) return TOO_DEEP;
  if (Array.isArray(value)) {
    for (const member of value) {
      const flaw = flawOf(member, depth + 1);
      if (flaw !== undefined) return flaw;
    }
    return undefined;
  }
  if (Object.hasOwn(value, '__proto__')) return PROTO;
  for (const key in value) {
    if (key.length > MAX_KEY_UNITS) return LONG_KEY;
    const flaw = flawOf((value as Readonly<Record<string, unknown>>)[key], depth + 1);
    if (flaw !== undefined) return flaw;
  }
  return undefined;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `]` differ from `{` and `}` by this bit alone. */
const BRACE_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Of JSON text, without parsing it. What it says of other text does not matter: that is not shown either. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (quoted) {
      if (unit === BACKSLASH) i++;
      else if (unit === QUOTE) quoted = false;
    } else if (unit === QUOTE) quoted = true;
    else if ((unit | BRACE_BIT) === OPENING && ++depth > MAX_CONTENT_DEPTH) return true;
    else if ((unit | BRACE_BIT) === CLOSING) depth--;
  }
  return false;
}
