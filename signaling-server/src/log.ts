/** Structured logs: a line of JSON for each event. What a client wrote is bounded, escaped, and not repeated for ever. */
import type { Logger } from 'pino';
import type { Applicant } from './auth/admission.ts';
import type { SignalingObserver } from './observer.ts';
import { createTokenBucket } from './token-bucket.ts';

/** Lines about clients, so that nobody fills a disk from outside: a burst, and a rate. Others are counted. */
const LINE_BURST = 100;
const LINES_PER_SECOND = 5;
/** Characters of an origin. */
const MAX_ORIGIN_LENGTH = 100;

/** `now` is a clock in milliseconds that never goes back. */
export function createLogObserver(log: Pick<Logger, 'info'>, now: () => number): SignalingObserver {
  const lines = createTokenBucket(LINE_BURST, LINES_PER_SECOND, now);
  let omitted = 0;

  function write(event: string, code: string, { address, origin }: Applicant): void {
    if (!lines.take(1)) {
      omitted += 1;
      return;
    }
    log.info({ code, address, ...(origin === undefined ? {} : { origin: printable(origin) }), omitted }, event);
    omitted = 0;
  }

  return {
    refused: (code, applicant) => write('refused', code, applicant),
    dismissed: (code, applicant) => write('dismissed', code, applicant),
    answered: () => undefined,
  };
}

/** JSON escapes line ends, but leaves the control characters above ASCII, which terminals obey, as they are. */
export function printable(text: string): string {
  return text.slice(0, MAX_ORIGIN_LENGTH).replaceAll(/[^\x20-\x7e]/g, '?');
}
