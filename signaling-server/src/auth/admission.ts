/** Who is let in, for what and for how long: the port that each way of authentication fits. */
import type { AuthCode } from '@rxdb-p2p/protocol/signaling';

export interface Admission {
  readonly ok: true;
  /**
   * Namespaces whose rooms may be joined: names as in `namespace/opaque id`, where a `*` at the end stands for any
   * rest of the name. Default: every room.
   */
  readonly namespaces?: readonly string[];
  /** When it ends, milliseconds since 1970: until then the client has to renew it. Default: never. */
  readonly expiresAt?: number;
}

export interface NoAdmission {
  readonly ok: false;
  readonly code: AuthCode;
  /** For the client's log: one or two sentences, without the token. */
  readonly message: string;
}

export type Verdict = Admission | NoAdmission;

export interface Applicant {
  /** IPv4 address, or /64 of IPv6. */
  readonly address: string;
  /** Of the page, as the browser says; programs can say anything. */
  readonly origin: string | undefined;
}

/**
 * Judges a token. `token` is what the client sent, 1 to 8,192 characters, or undefined when it sent none. One that
 * throws, rejects or takes longer than 10 s lets nobody in (`AUTH_UNAVAILABLE`).
 */
export type Authenticate = (token: string | undefined, applicant: Applicant) => Verdict | Promise<Verdict>;

export function deny(code: AuthCode, message: string): NoAdmission {
  return { ok: false, code, message };
}
