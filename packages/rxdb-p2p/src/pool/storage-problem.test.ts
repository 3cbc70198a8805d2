import { P2PError } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import { mayPass, storageProblem } from './storage-problem.ts';

/** As Dexie wraps what the browser aborts a transaction with. */
function aborted(inner: unknown): Error {
  return Object.assign(new Error('AbortError'), { name: 'AbortError', inner });
}

describe('what a storage failed with', () => {
  it.each([
    ['a browser', new DOMException('', 'QuotaExceededError')],
    ['Dexie', aborted(new DOMException('', 'QuotaExceededError'))],
    ['a file system', Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })],
    ['SQLite', Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })],
    ['something around it', new Error('write failed', { cause: { cause: { name: 'QuotaExceededError' } } })],
  ])('is STORAGE_FULL where %s has no room', (_, cause) => {
    const problem = storageProblem(cause);
    expect(problem).toMatchObject({ code: 'STORAGE_FULL', cause });
    expect(mayPass(problem)).toBe(true);
  });

  it('is STORAGE_FAILED otherwise, whatever was thrown', () => {
    const endless: { cause?: unknown } = {};
    endless.cause = endless;
    for (const cause of [new Error('I/O error'), 'text', undefined, null, 7, endless]) {
      expect(storageProblem(cause).code).toBe('STORAGE_FAILED');
    }
  });

  it('stays what it is where it has a code, and not all of it passes', () => {
    const problem = new P2PError('JOURNAL_UNREADABLE', 'damaged');
    expect(storageProblem(problem)).toBe(problem);
    expect(mayPass(problem)).toBe(false);
  });
});
