/** Frames about the connection as a whole (SPEC.md §1.5). */
import { MAX_FEATURES, MAX_NAME_BYTES } from '../limits.ts';
import { BYE_CODES, type ByeFrame, type HelloFrame, type PingFrame, type VersionFrame } from '../session/frames.ts';
import { hexByte } from './codes.ts';
import { MAGIC } from './frame-types.ts';
import type { ByteReader } from './reader.ts';
import { readHash, writeHash } from './vectors.ts';
import type { ByteWriter } from './writer.ts';

const NONCE_BYTES = 16;
const MAX_TOKEN: number = 2 ** 32 - 1;

/** The first byte of the magic is the frame's type byte: it has been written, or read, already. */
export function writeVersionFrame(writer: ByteWriter, frame: VersionFrame): void {
  for (const byte of MAGIC.slice(1)) writer.byte(byte);
  writer.uint('version', frame.version, 1, Number.MAX_SAFE_INTEGER);
}

export function readVersionFrame(reader: ByteReader): VersionFrame {
  for (const expected of MAGIC.slice(1)) {
    const byte = reader.byte('magic');
    if (byte !== expected) reader.fail('magic', hexByte(expected), hexByte(byte));
  }
  return { type: 'version', version: reader.uint('version', 1, Number.MAX_SAFE_INTEGER) };
}

export function writeHello(writer: ByteWriter, frame: HelloFrame): void {
  writeHash(writer, 'replica', frame.replica);
  writer.fixed('session', frame.session, NONCE_BYTES);
  writer.fixed('nonce', frame.nonce, NONCE_BYTES);
  writer.uint('time', frame.time, 0, Number.MAX_SAFE_INTEGER);
  writer.uint('features', frame.features.length, 0, MAX_FEATURES);
  for (const feature of frame.features) writer.text('feature', feature, MAX_NAME_BYTES);
}

export function readHello(reader: ByteReader): HelloFrame {
  const replica = readHash(reader, 'replica');
  const session = reader.fixed('session', NONCE_BYTES);
  const nonce = reader.fixed('nonce', NONCE_BYTES);
  const time = reader.uint('time', 0, Number.MAX_SAFE_INTEGER);
  const features: string[] = [];
  const count = reader.count('features', 0, MAX_FEATURES, 1);
  for (let i = 0; i < count; i++) features.push(reader.text('feature', MAX_NAME_BYTES));
  return { type: 'hello', replica, session, nonce, time, features };
}

export function writePing(writer: ByteWriter, frame: PingFrame): void {
  writer.uint('token', frame.token, 0, MAX_TOKEN);
}

export function readPing(reader: ByteReader, type: PingFrame['type']): PingFrame {
  return { type, token: reader.uint('token', 0, MAX_TOKEN) };
}

export function writeBye(writer: ByteWriter, frame: ByeFrame): void {
  writer.choice('code', frame.code, BYE_CODES);
  writer.text('text', frame.text, MAX_NAME_BYTES);
}

export function readBye(reader: ByteReader): ByeFrame {
  return { type: 'bye', code: reader.choice('code', BYE_CODES), text: reader.text('text', MAX_NAME_BYTES) };
}
