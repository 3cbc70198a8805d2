/** What is kept aside, as an application sees it. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { AsidePage } from '../replica/quarantine.ts';
import type { QuarantineOptions, QuarantinePage } from './types.ts';

const DEFAULT_PAGE_VERSIONS = 100;
/** Looking at a version means parsing it: a page should not hold the collection up for long. */
const MAX_PAGE_VERSIONS = 1_000;

/** @throws P2PError `OPTIONS_INVALID` */
export function pageOptions({
  after = 0,
  limit = DEFAULT_PAGE_VERSIONS,
}: QuarantineOptions = {}): Required<QuarantineOptions> {
  if (!Number.isSafeInteger(after) || after < 0) {
    throw new P2PError('OPTIONS_INVALID', 'after', { expected: '`next` of the page before', got: String(after) });
  }
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > MAX_PAGE_VERSIONS) {
    throw new P2PError('OPTIONS_INVALID', 'limit', { expected: `1 to ${MAX_PAGE_VERSIONS}`, got: String(limit) });
  }
  return { after, limit };
}

export function toQuarantinePage({ versions, next }: AsidePage): QuarantinePage {
  const listed = versions.map(({ id, stored: { head, body }, problem, bytes }) => {
    const { actor, seq, time } = head;
    const version = { id, actor, seq, time: time / 100, reason: problem.reason, text: problem.text, bytes };
    return body === undefined ? version : { ...version, content: body };
  });
  return next === undefined ? { versions: listed } : { versions: listed, next };
}
