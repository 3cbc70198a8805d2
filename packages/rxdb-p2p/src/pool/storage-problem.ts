/** What a storage failed with, as one of two codes, whatever engine it is. */
import { P2PError } from '@rxdb-p2p/protocol';

/** How errors of browsers, Dexie, SQLite and file systems are named that mean: there is no room. */
const FULL: ReadonlySet<unknown> = new Set([
  ...['QuotaExceededError', 'NS_ERROR_DOM_QUOTA_REACHED', 'NS_ERROR_FILE_NO_DEVICE_SPACE'],
  ...['ENOSPC', 'EDQUOT', 'SQLITE_FULL'],
]);

/** Errors are wrapped by libraries; deeper than this nobody looks. */
const MAX_DEPTH = 6;

/** Codes of failures that may pass by themselves. */
const PASSING: ReadonlySet<string> = new Set(['STORAGE_FULL', 'STORAGE_FAILED']);

/** A `P2PError` stays what it is. */
export function storageProblem(cause: unknown): P2PError {
  if (cause instanceof P2PError) return cause;
  const got = String(cause);
  if (isFull(cause)) {
    const hint = 'sync goes on by itself once there is room; until then remote changes wait on other devices';
    return new P2PError('STORAGE_FULL', 'there is no room left for this origin or on this disk', { cause, got, hint });
  }
  return new P2PError('STORAGE_FAILED', 'the storage failed', { cause, got, hint: 'it is tried again' });
}

export function mayPass({ code }: P2PError): boolean {
  return PASSING.has(code);
}

function isFull(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > MAX_DEPTH) return false;
  const { name, code, cause, inner } = error as Readonly<Record<string, unknown>>;
  return FULL.has(name) || FULL.has(code) || isFull(cause, depth + 1) || isFull(inner, depth + 1);
}
