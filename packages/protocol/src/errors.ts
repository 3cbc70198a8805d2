/** The one error class of the project: a stable code, what was expected, what was got, what to do. */

export interface P2PErrorDetails {
  /** what the code expected, in words */
  readonly expected?: string;
  /** what it got, in words; never a secret */
  readonly got?: string;
  /** what the reader can do about it */
  readonly hint?: string;
  readonly cause?: unknown;
}

export class P2PError<Code extends string = string> extends Error {
  override readonly name = 'P2PError';
  readonly code: Code;
  readonly expected: string | undefined;
  readonly got: string | undefined;
  readonly hint: string | undefined;

  constructor(code: Code, message: string, details: P2PErrorDetails = {}) {
    const parts = [
      `${code}: ${message}`,
      details.expected === undefined ? '' : `expected ${details.expected}`,
      details.got === undefined ? '' : `got ${details.got}`,
      details.hint ?? '',
    ];
    super(
      parts.filter((part) => part !== '').join('; '),
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.code = code;
    this.expected = details.expected;
    this.got = details.got;
    this.hint = details.hint;
  }
}
