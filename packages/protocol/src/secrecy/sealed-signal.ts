/**
 * What two members of a room tell each other through the signaling server, sealed with the topic's key: XChaCha20-Poly1305
 * (draft-irtf-cfrg-xchacha-03) with a random nonce. SPEC.md §6.2 has the bytes.
 */
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { base64url, fromBase64url } from '../version/base64url.ts';
import { concat, expectLength, prefixed, uint16, uint32, utf8 } from './bytes.ts';

/** Raised when the previous version could not understand. */
const SEAL_VERSION = 1;
export const SESSION_BYTES: number = 32;
export const SEAL_NONCE_BYTES: number = 24;
export const CONNECTION_BYTES: number = 16;
const TAG_BYTES = 16;
const HEADER_BYTES = 3 + CONNECTION_BYTES + 4;
/** Contents are filled up to a multiple of this, bytes, so that a candidate looks like an offer. */
export const PADDED_BYTES: number = 1_024;
/** A content, bytes: with all around it in base64url it is below MAX_SIGNAL_LENGTH. An offer has 600, without candidates. */
export const MAX_SIGNAL_BYTES: number = 20 * 1024;

/**
 * `announcement`: to somebody whose session is not known yet; anybody may repeat it. `welcome`: the answer, to that session.
 * Both bring the sender's session. `directed`: between two sessions that know each other.
 */
const FORMS = ['announcement', 'welcome', 'directed'] as const;
export type SignalForm = (typeof FORMS)[number];

/** Readable by the server, and not to be changed by it. */
export interface SignalHeader {
  readonly form: SignalForm;
  /** whether the sender is the one that dials */
  readonly fromDialler: boolean;
  /** random name of the connection that it is about, CONNECTION_BYTES */
  readonly connection: Uint8Array;
  /** of the sender, in a `directed` signal: how many came before it, of the same two sessions. Otherwise 0 */
  readonly counter: number;
}

/** What the two sides know, and the server does not. */
export interface SignalContext {
  readonly key: Uint8Array;
  readonly room: string;
  /** SESSION_BYTES; of no use in an announcement and a welcome, which bring it */
  readonly sender: Uint8Array | undefined;
  /** of no use in an announcement */
  readonly receiver: Uint8Array | undefined;
}

const NOBODY: Uint8Array = new Uint8Array(SESSION_BYTES);
const LABEL = utf8('rxdb-p2p signal 1');

/** @param nonce SEAL_NONCE_BYTES random bytes, for this signal alone @throws RangeError a content above MAX_SIGNAL_BYTES */
export function sealSignal(
  context: SignalContext,
  header: SignalHeader,
  content: Uint8Array,
  nonce: Uint8Array,
): string {
  if (content.length > MAX_SIGNAL_BYTES) throw new RangeError(`a signal of ${content.length} bytes`);
  expectLength('connection', header.connection, CONNECTION_BYTES);
  expectLength('nonce', nonce, SEAL_NONCE_BYTES);
  const head = encodeHeader(header);
  const length = 2 + content.length;
  const padded = new Uint8Array(Math.ceil(length / PADDED_BYTES) * PADDED_BYTES);
  padded.set(uint16(content.length));
  padded.set(content, 2);
  const sealed = xchacha20poly1305(context.key, nonce, associated(context, header, head)).encrypt(padded);
  return base64url(concat(head, nonce, sealed));
}

/** What the server can read; undefined: this is no sealed signal of this version. */
export function readSignalHeader(signal: string): SignalHeader | undefined {
  const bytes = decode(signal);
  return bytes === undefined ? undefined : decodeHeader(bytes);
}

/** @returns undefined: sealed with another key, for another room or session, or changed on the way */
export function unsealSignal(context: SignalContext, signal: string): Uint8Array | undefined {
  const bytes = decode(signal);
  const header = bytes === undefined ? undefined : decodeHeader(bytes);
  if (bytes === undefined || header === undefined) return undefined;
  const nonce = bytes.slice(HEADER_BYTES, HEADER_BYTES + SEAL_NONCE_BYTES);
  const sealed = bytes.slice(HEADER_BYTES + SEAL_NONCE_BYTES);
  try {
    const head = bytes.slice(0, HEADER_BYTES);
    const padded = xchacha20poly1305(context.key, nonce, associated(context, header, head)).decrypt(sealed);
    return unpad(padded);
  } catch {
    return undefined;
  }
}

/** [SEAL-2] What a signal is bound to: none of it can be another one than the sender meant. */
function associated({ room, sender, receiver }: SignalContext, { form }: SignalHeader, head: Uint8Array): Uint8Array {
  const from = form === 'directed' ? known(sender) : NOBODY;
  const to = form === 'announcement' ? NOBODY : known(receiver);
  return concat(LABEL, head, prefixed(room), from, to);
}

function known(session: Uint8Array | undefined): Uint8Array {
  if (session === undefined) throw new TypeError('the sessions of a signal have to be known');
  expectLength('session', session, SESSION_BYTES);
  return session;
}

function encodeHeader({ form, fromDialler, connection, counter }: SignalHeader): Uint8Array {
  const first = Uint8Array.of(SEAL_VERSION, FORMS.indexOf(form), fromDialler ? 0 : 1);
  return concat(first, connection, uint32(counter));
}

function decodeHeader(bytes: Uint8Array): SignalHeader | undefined {
  const [version, formByte = FORMS.length, direction = 2] = bytes;
  const form = FORMS[formByte];
  if (version !== SEAL_VERSION || form === undefined || direction > 1) return undefined;
  const connection = bytes.slice(3, 3 + CONNECTION_BYTES);
  const [a = 0, b = 0, c = 0, d = 0] = bytes.subarray(3 + CONNECTION_BYTES, HEADER_BYTES);
  const counter = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  return { form, fromDialler: direction === 0, connection, counter };
}

function decode(signal: string): Uint8Array | undefined {
  try {
    const bytes = fromBase64url(signal);
    const padded = bytes.length - HEADER_BYTES - SEAL_NONCE_BYTES - TAG_BYTES;
    return padded > 0 && padded % PADDED_BYTES === 0 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function unpad(padded: Uint8Array): Uint8Array | undefined {
  const [high = 0, low = 0] = padded;
  const length = 2 + ((high << 8) | low);
  if (length > padded.length || length <= padded.length - PADDED_BYTES) return undefined;
  if (padded.subarray(length).some((byte) => byte !== 0)) return undefined;
  return padded.slice(2, length);
}
