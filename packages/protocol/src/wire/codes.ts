/** What can go wrong between values and bytes: closed unions, so that a caller can decide on every one of them. */
import { P2PError } from '../errors.ts';

/** All that `decodeFrame` throws. */
export const DECODE_CODES = [
  /** the bytes are no frame in the one form that SPEC.md gives it */
  'FRAME_MALFORMED',
  /** the whole frame is longer than allowed */
  'FRAME_TOO_LARGE',
  /** a part of the frame is longer, or a list has more entries, than `limits.ts` allows */
  'FRAME_LIMIT_EXCEEDED',
  /** the first byte names no frame of this protocol version */
  'FRAME_UNKNOWN_TYPE',
] as const;
export type DecodeCode = (typeof DECODE_CODES)[number];

/** All that `encodeFrame` and `splitIntoMessages` throw. */
export const ENCODE_CODES = [
  /** a value that a receiver would refuse: a bug of the caller */
  'FRAME_UNENCODABLE',
  'FRAME_TOO_LARGE',
] as const;
export type EncodeCode = (typeof ENCODE_CODES)[number];

/** All that an assembler throws. */
export const CHUNK_CODES = [
  /** a message that is no chunk */
  'CHUNK_MALFORMED',
  /** a chunk of a kind that cannot come here */
  'CHUNK_OUT_OF_ORDER',
  'FRAME_TOO_LARGE',
] as const;
export type ChunkCode = (typeof CHUNK_CODES)[number];

export type WireCode = DecodeCode | EncodeCode | ChunkCode;

export function wireError<Code extends WireCode>(
  code: Code,
  message: string,
  expected: string,
  got: string,
  cause?: unknown,
): P2PError<Code> {
  return new P2PError(code, message, { expected, got, ...(cause === undefined ? {} : { cause }) });
}

/** `0x07`: how errors show a byte. */
export function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
