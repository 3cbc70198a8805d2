/**
 * Frames as messages of a data channel and back (SPEC.md §1.9). A link sends one frame after the other, in order and
 * without loss, so a chunk needs no number and no name.
 */
import { MAX_FRAME_BYTES } from '../limits.ts';
import { type ChunkCode, hexByte, wireError } from './codes.ts';

/** The first byte of a message. A closed union. */
const WHOLE = 0;
const FIRST = 1;
const MIDDLE = 2;
const LAST = 3;

const HEADER_BYTES = 1;
/** The kind and, as 32 bits, the length of the frame. */
const FIRST_HEADER_BYTES = 5;

/** Below this a message is hardly more than its header. Real links take 16 KiB at least. */
export const MIN_MESSAGE_BYTES: number = 16;

/** How far ahead of what has come an assembler makes room: growing copies a third of a frame at most. */
const ROOM_FACTOR = 4;

/** @throws P2PError `FRAME_UNENCODABLE` when there is nothing to send, or messages are too short to send it */
export function splitIntoMessages(frame: Uint8Array, maxMessageBytes: number): Uint8Array[] {
  if (!(maxMessageBytes >= MIN_MESSAGE_BYTES)) {
    throw wireError('FRAME_UNENCODABLE', 'messages', `at least ${MIN_MESSAGE_BYTES} bytes`, `${maxMessageBytes}`);
  }
  if (frame.length === 0) throw wireError('FRAME_UNENCODABLE', 'a frame', 'at least one byte', 'none');
  if (frame.length > MAX_FRAME_BYTES) {
    throw wireError('FRAME_TOO_LARGE', 'a frame', `at most ${MAX_FRAME_BYTES} bytes`, `${frame.length}`);
  }
  if (frame.length + HEADER_BYTES <= maxMessageBytes) return [message(WHOLE, HEADER_BYTES, frame)];
  let at = maxMessageBytes - FIRST_HEADER_BYTES;
  const first = message(FIRST, FIRST_HEADER_BYTES, frame.subarray(0, at));
  for (let i = 1; i < FIRST_HEADER_BYTES; i++) first[i] = (frame.length >>> (32 - 8 * i)) & 0xff;
  const messages = [first];
  while (at < frame.length) {
    const end = Math.min(at + maxMessageBytes - HEADER_BYTES, frame.length);
    messages.push(message(end === frame.length ? LAST : MIDDLE, HEADER_BYTES, frame.subarray(at, end)));
    at = end;
  }
  return messages;
}

function message(kind: number, headerBytes: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(headerBytes + payload.length);
  bytes[0] = kind;
  bytes.set(payload, headerBytes);
  return bytes;
}

export interface Assembler {
  /**
   * The frame that this message completes, possibly a view on it.
   *
   * @throws P2PError with one of `CHUNK_CODES`; the link must be closed then: nothing more is taken
   */
  push(message: Uint8Array): Uint8Array | undefined;
}

export interface AssemblerOptions {
  /** the longest frame to take, bytes; at most, and by default, `MAX_FRAME_BYTES` */
  readonly maxFrameBytes?: number;
}

/** Puts frames together again. It holds at most one unfinished frame, and room for four times what has come of it. */
export function createAssembler(options: AssemblerOptions = {}): Assembler {
  const maxFrameBytes = Math.min(options.maxFrameBytes ?? MAX_FRAME_BYTES, MAX_FRAME_BYTES);
  let unfinished: UnfinishedFrame | undefined;
  let failed = false;

  function take(bytes: Uint8Array): Uint8Array | undefined {
    const kind = bytes[0];
    if (kind === undefined || kind > LAST) {
      throw wireError('CHUNK_MALFORMED', 'kind of a message', '0 to 3', kind === undefined ? 'nothing' : hexByte(kind));
    }
    if (kind === WHOLE || kind === FIRST) {
      if (unfinished !== undefined) {
        throw wireError('CHUNK_OUT_OF_ORDER', 'a message', 'the rest of a frame', 'the beginning of one');
      }
      if (kind === WHOLE) return checkedPayload(bytes, HEADER_BYTES, 1, maxFrameBytes, 'FRAME_TOO_LARGE');
      unfinished = beginFrame(bytes, maxFrameBytes);
      return undefined;
    }
    if (unfinished === undefined) {
      throw wireError('CHUNK_OUT_OF_ORDER', 'a message', 'the beginning of a frame', 'the rest of one');
    }
    const missing = unfinished.total - unfinished.length;
    // Every chunk brings something, and only the last one brings all that is missing.
    const [least, most] = kind === LAST ? [missing, missing] : [1, missing - 1];
    append(unfinished, checkedPayload(bytes, HEADER_BYTES, least, most, 'CHUNK_MALFORMED'));
    if (kind === MIDDLE) return undefined;
    const frame = unfinished.bytes;
    unfinished = undefined;
    return frame;
  }

  return {
    push(bytes) {
      if (failed) throw wireError('CHUNK_OUT_OF_ORDER', 'a message', 'none after an error', 'another one');
      try {
        return take(bytes);
      } catch (error) {
        failed = true;
        unfinished = undefined;
        throw error;
      }
    },
  };
}

interface UnfinishedFrame {
  readonly total: number;
  bytes: Uint8Array;
  length: number;
}

function beginFrame(message: Uint8Array, maxFrameBytes: number): UnfinishedFrame {
  if (message.length <= FIRST_HEADER_BYTES) {
    throw wireError('CHUNK_MALFORMED', 'first chunk', `more than ${FIRST_HEADER_BYTES} bytes`, `${message.length}`);
  }
  let total = 0;
  for (let i = 1; i < FIRST_HEADER_BYTES; i++) total = total * 256 + (message[i] as number);
  if (total > maxFrameBytes) {
    throw wireError('FRAME_TOO_LARGE', 'a frame in chunks', `at most ${maxFrameBytes} bytes`, `${total}`);
  }
  const payload = checkedPayload(message, FIRST_HEADER_BYTES, 1, total - 1, 'CHUNK_MALFORMED');
  const frame: UnfinishedFrame = { total, bytes: new Uint8Array(0), length: 0 };
  append(frame, payload);
  return frame;
}

function checkedPayload(
  message: Uint8Array,
  headerBytes: number,
  least: number,
  most: number,
  tooMany: ChunkCode,
): Uint8Array {
  const bytes = message.length - headerBytes;
  if (bytes < least) throw wireError('CHUNK_MALFORMED', 'a chunk', `at least ${least} bytes`, `${bytes}`);
  if (bytes > most) throw wireError(tooMany, 'a chunk', `at most ${most} bytes`, `${bytes}`);
  return message.subarray(headerBytes);
}

/** The declared length is a promise of the sender: memory is made as its bytes come. */
function append(frame: UnfinishedFrame, payload: Uint8Array): void {
  const length = frame.length + payload.length;
  if (length > frame.bytes.length) {
    const grown = new Uint8Array(Math.min(frame.total, length * ROOM_FACTOR));
    grown.set(frame.bytes.subarray(0, frame.length));
    frame.bytes = grown;
  }
  frame.bytes.set(payload, frame.length);
  frame.length = length;
}
