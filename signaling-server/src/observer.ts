/** What a server tells whoever counts and logs. Codes are from closed lists; addresses are ours, origins the client's words. */
import type { ByeCode, SignalingCode } from '@rxdb-p2p/protocol/signaling';
import type { Applicant } from './auth/admission.ts';

export type RefusalCode =
  | ByeCode
  | 'ALREADY_CONNECTED'
  | 'ORIGIN_NOT_ALLOWED'
  | 'SERVER_CLOSING'
  | 'SERVER_FULL'
  | 'TOO_MANY_CONNECTIONS'
  | 'WEBSOCKET_ONLY';

export type RequestName = 'join' | 'leave' | 'signal' | 'token' | 'other';

export interface SignalingObserver {
  /** Somebody was not let in. */
  refused(code: RefusalCode, applicant: Applicant): void;
  /** A request was answered. */
  answered(request: RequestName, code: SignalingCode | 'OK'): void;
  /** Somebody had to go. */
  dismissed(code: ByeCode, applicant: Applicant): void;
}

export const SILENT: SignalingObserver = {
  refused: () => undefined,
  answered: () => undefined,
  dismissed: () => undefined,
};

const REQUESTS: readonly unknown[] = ['join', 'leave', 'signal', 'token'];

/** A client may send any event; there is one name for all that are none. */
export function requestName(event: unknown): RequestName {
  return REQUESTS.includes(event) ? (event as RequestName) : 'other';
}
