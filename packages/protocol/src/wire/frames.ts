/** Frames to bytes and back (SPEC.md §1). Every frame has exactly one form; any other bytes are refused. */
import { MAX_FRAME_BYTES } from '../limits.ts';
import type { Frame, FrameType } from '../session/frames.ts';
import { CLOSE, CREDIT, HAVE, OPEN, REFUSE, WANT } from './channel-frames.ts';
import { hexByte, wireError } from './codes.ts';
import { BYE, HELLO, NOISE, PING, PROOF, VERSION } from './connection-frames.ts';
import { FRAME_TYPE_BYTES } from './frame-types.ts';
import type { Layout } from './layout.ts';
import { ByteReader } from './reader.ts';
import { COMPARE, DIFFER, FETCH } from './repair-frames.ts';
import { expectedFrameBytes } from './size.ts';
import { ENTRIES, PUSH } from './version-frames.ts';
import { ByteWriter } from './writer.ts';

export interface FrameLimits {
  /** the longest frame to make or to take, bytes; at most, and by default, `MAX_FRAME_BYTES` */
  readonly maxFrameBytes?: number;
}

type FrameOf<Type extends FrameType, Any extends Frame = Frame> = Any extends Frame
  ? Type extends Any['type']
    ? Any
    : never
  : never;

const LAYOUTS: { readonly [Type in FrameType]: Layout<FrameOf<Type>> } = {
  version: VERSION,
  noise: NOISE,
  proof: PROOF,
  hello: HELLO,
  open: OPEN,
  refuse: REFUSE,
  close: CLOSE,
  have: HAVE,
  want: WANT,
  credit: CREDIT,
  entries: ENTRIES,
  push: PUSH,
  compare: COMPARE,
  differ: DIFFER,
  fetch: FETCH,
  ping: PING,
  pong: PING,
  bye: BYE,
};

const TYPES_BY_BYTE: ReadonlyMap<number, FrameType> = new Map(
  (Object.keys(FRAME_TYPE_BYTES) as FrameType[]).map((type) => [FRAME_TYPE_BYTES[type], type]),
);

function maxFrameBytes(limits: FrameLimits): number {
  return Math.min(limits.maxFrameBytes ?? MAX_FRAME_BYTES, MAX_FRAME_BYTES);
}

/**
 * The frame's bytes, possibly a view on a larger buffer.
 *
 * @throws P2PError `FRAME_UNENCODABLE` for a value that no receiver would take, `FRAME_TOO_LARGE`
 */
export function encodeFrame(frame: Frame, limits: FrameLimits = {}): Uint8Array {
  const typeByte = FRAME_TYPE_BYTES[frame.type];
  const writer = new ByteWriter(frame.type, maxFrameBytes(limits), expectedFrameBytes(frame));
  writer.byte(typeByte);
  (LAYOUTS[frame.type] as Layout<Frame>).write(writer, frame);
  return writer.finish();
}

/**
 * The one frame that these bytes are. What it returns shares no memory with them.
 *
 * @throws P2PError with one of `DECODE_CODES`, and nothing else, whatever the bytes
 */
export function decodeFrame(bytes: Uint8Array, limits: FrameLimits = {}): Frame {
  const max = maxFrameBytes(limits);
  if (bytes.length > max) {
    throw wireError('FRAME_TOO_LARGE', 'a frame', `at most ${max} bytes`, `${bytes.length}`);
  }
  const typeByte = bytes[0];
  if (typeByte === undefined) throw wireError('FRAME_MALFORMED', 'a frame', 'at least one byte', 'none');
  const type = TYPES_BY_BYTE.get(typeByte);
  if (type === undefined) {
    throw wireError('FRAME_UNKNOWN_TYPE', 'a frame', 'a type of this protocol version', hexByte(typeByte));
  }
  const reader = new ByteReader(type, bytes, 1);
  const frame = (LAYOUTS[type] as Layout<Frame>).read(reader, type);
  reader.end();
  return frame;
}
