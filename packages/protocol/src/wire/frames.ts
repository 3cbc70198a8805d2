/** Frames to bytes and back (SPEC.md §1). Every frame has exactly one form; any other bytes are refused. */
import { MAX_FRAME_BYTES } from '../limits.ts';
import type { Frame, FrameType } from '../session/frames.ts';
import * as channel from './channel-frames.ts';
import { hexByte, wireError } from './codes.ts';
import * as connection from './connection-frames.ts';
import { FRAME_TYPE_BYTES } from './frame-types.ts';
import { ByteReader } from './reader.ts';
import * as repair from './repair-frames.ts';
import { expectedFrameBytes } from './size.ts';
import * as version from './version-frames.ts';
import { ByteWriter } from './writer.ts';

export interface FrameLimits {
  /** the longest frame to make or to take, bytes; at most, and by default, `MAX_FRAME_BYTES` */
  readonly maxFrameBytes?: number;
}

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
  writeFrame(writer, frame);
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
  const frame = readFrame(reader, type);
  reader.end();
  return frame;
}

function writeFrame(writer: ByteWriter, frame: Frame): void {
  switch (frame.type) {
    case 'version':
      connection.writeVersionFrame(writer, frame);
      break;
    case 'noise':
    case 'proof':
      connection.writeHandshake(writer, frame);
      break;
    case 'hello':
      connection.writeHello(writer, frame);
      break;
    case 'open':
      channel.writeOpen(writer, frame);
      break;
    case 'refuse':
      channel.writeRefuse(writer, frame);
      break;
    case 'close':
      channel.writeClose(writer, frame);
      break;
    case 'have':
      channel.writeHave(writer, frame);
      break;
    case 'want':
      channel.writeWant(writer, frame);
      break;
    case 'credit':
      channel.writeCredit(writer, frame);
      break;
    case 'entries':
      version.writeEntries(writer, frame);
      break;
    case 'push':
      version.writePush(writer, frame);
      break;
    case 'compare':
      repair.writeCompare(writer, frame);
      break;
    case 'differ':
      repair.writeDiffer(writer, frame);
      break;
    case 'fetch':
      repair.writeFetch(writer, frame);
      break;
    case 'ping':
    case 'pong':
      connection.writePing(writer, frame);
      break;
    case 'bye':
      connection.writeBye(writer, frame);
      break;
  }
}

function readFrame(reader: ByteReader, type: FrameType): Frame {
  switch (type) {
    case 'version':
      return connection.readVersionFrame(reader);
    case 'noise':
    case 'proof':
      return connection.readHandshake(reader, type);
    case 'hello':
      return connection.readHello(reader);
    case 'open':
      return channel.readOpen(reader);
    case 'refuse':
      return channel.readRefuse(reader);
    case 'close':
      return channel.readClose(reader);
    case 'have':
      return channel.readHave(reader);
    case 'want':
      return channel.readWant(reader);
    case 'credit':
      return channel.readCredit(reader);
    case 'entries':
      return version.readEntries(reader);
    case 'push':
      return version.readPush(reader);
    case 'compare':
      return repair.readCompare(reader);
    case 'differ':
      return repair.readDiffer(reader);
    case 'fetch':
      return repair.readFetch(reader);
    case 'ping':
    case 'pong':
      return connection.readPing(reader, type);
    case 'bye':
      return connection.readBye(reader);
  }
}
