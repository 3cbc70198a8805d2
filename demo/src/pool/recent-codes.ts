import type { P2PPool } from 'rxdb-p2p';
import { map, type Observable, scan, shareReplay, startWith } from 'rxjs';

/** Enough to see what led to the last one. */
const REMEMBERED = 10;

const NONE: readonly string[] = [];

/** Codes of what went wrong, each once, the latest first. Counts from the first subscription on. */
export function recentCodes(pool: Pick<P2PPool, 'error$'>): Observable<readonly string[]> {
  return pool.error$.pipe(
    map(({ code }) => code),
    scan((codes, code) => [code, ...codes.filter((other) => other !== code)].slice(0, REMEMBERED), NONE),
    startWith(NONE),
    shareReplay({ bufferSize: 1, refCount: false }),
  );
}
