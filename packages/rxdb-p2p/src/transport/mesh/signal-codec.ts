/**
 * What two transports tell each other inside sealed signals: JSON. Every signal names the transport that sent it and the
 * connection that it is about; both names are random, so a signal of an earlier attempt fits nothing.
 */
import { type JsonObject, parseJsonObject } from '@rxdb-p2p/protocol';

export type SignalBody =
  /** Are you one that I have a link with? Or, on a link: we share this room too. */
  | { readonly kind: 'hello' }
  /** The answer to it: the name alone tells. */
  | { readonly kind: 'present' }
  /** `insist`: the sender has next to no links, or exchanges one: it asks for a place where there is none. */
  | { readonly kind: 'offer'; readonly sdp: string; readonly insist?: true }
  | { readonly kind: 'answer'; readonly sdp: string }
  | ({ readonly kind: 'candidate' } & IceCandidate)
  /** The attempt, or the link, is over or not wanted. */
  | { readonly kind: 'bye'; readonly why: ByeReason }
  /** The link stays, but the sender leaves this room. */
  | { readonly kind: 'leave' };

export interface IceCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
}

/**
 * `linked`: there is a link already. `busy`: no room for another one now, or not wanted any more. `failed`: it did not
 * work, or no more.
 */
export type ByeReason = (typeof BYE_REASONS)[number];
const BYE_REASONS = ['linked', 'busy', 'failed'] as const;

export type Signal = SignalBody & {
  /** random name of the transport that sent it, the same for as long as it lives */
  readonly instance: string;
  /** random name of the connection, given by the side that dials; in `hello` and `present` of no meaning */
  readonly connection: string;
};

/** Raised when the previous version could not understand. */
const SIGNAL_VERSION = 2;
/** Bytes of a signal: what a seal holds. An offer has some 600, without candidates. */
export const MAX_CONTENT_BYTES: number = 16 * 1024;

/** 128 random bits in base64url. */
const NAME_PATTERN = /^[A-Za-z0-9_-]{22}$/;
/** An ICE candidate, as browsers and libdatachannel write it: what a browser cannot parse would end the attempt. */
const CANDIDATE_PATTERN =
  /^(a=)?candidate:\S{1,64} \d{1,5} \S{1,16} \d{1,10} \S{1,256} \d{1,5} typ (host|srflx|prflx|relay)( [^\r\n]*)?$/;
/** Characters of a candidate; TCP candidates with all extensions have some 200. */
const MAX_CANDIDATE_LENGTH = 1_024;
/** Characters of a media identification; ours is `0`. */
const MAX_MID_LENGTH = 16;

/** Without the connection, which the seal names. Undefined when it would be too long. */
export function encodeSignal({ connection: _, ...signal }: Signal): Uint8Array | undefined {
  const bytes = new TextEncoder().encode(JSON.stringify({ v: SIGNAL_VERSION, ...signal }));
  return bytes.length > MAX_CONTENT_BYTES ? undefined : bytes;
}

/** Undefined for anything that is not a signal. Never throws. */
export function decodeSignal(bytes: Uint8Array, connection: string): Signal | undefined {
  const input = parse(bytes);
  if (input === undefined || input['v'] !== SIGNAL_VERSION) return undefined;
  const { instance } = input;
  if (!isName(instance)) return undefined;
  const body = decodeBody(input);
  return body === undefined ? undefined : { ...body, instance, connection };
}

function decodeBody(input: JsonObject): SignalBody | undefined {
  const { kind } = input;
  switch (kind) {
    case 'hello':
    case 'present':
    case 'leave':
      return { kind };
    case 'offer':
    case 'answer': {
      const { sdp, insist } = input;
      if (typeof sdp !== 'string' || !sdp.startsWith('v=0')) return undefined;
      return kind === 'offer' && insist === true ? { kind, sdp, insist } : { kind, sdp };
    }
    case 'candidate':
      return decodeCandidate(input);
    case 'bye': {
      const why = BYE_REASONS.find((reason) => reason === input['why']);
      return why === undefined ? undefined : { kind, why };
    }
    default:
      return undefined;
  }
}

function decodeCandidate({ candidate, sdpMid, sdpMLineIndex }: JsonObject): SignalBody | undefined {
  if (typeof candidate !== 'string' || candidate.length > MAX_CANDIDATE_LENGTH) return undefined;
  if (!CANDIDATE_PATTERN.test(candidate)) return undefined;
  const mid = typeof sdpMid === 'string' && sdpMid.length <= MAX_MID_LENGTH ? sdpMid : null;
  // There is one media section, for the data channel.
  const line = sdpMLineIndex === 0 ? 0 : null;
  return mid === null && line === null ? undefined : { kind: 'candidate', candidate, sdpMid: mid, sdpMLineIndex: line };
}

function parse(bytes: Uint8Array): JsonObject | undefined {
  if (bytes.length > MAX_CONTENT_BYTES) return undefined;
  try {
    return parseJsonObject(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isName(input: unknown): input is string {
  return typeof input === 'string' && NAME_PATTERN.test(input);
}
