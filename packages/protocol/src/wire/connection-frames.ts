/** Frames about the connection as a whole (SPEC.md §1.5). */
import { MAX_FEATURES, MAX_NAME_BYTES, NOISE_FRAME_BYTES, PROOF_FRAME_BYTES } from '../limits.ts';
import { BYE_CODES, type ByeFrame, type HelloFrame, type PingFrame, type VersionFrame } from '../session/frames.ts';
import type { HandshakeFrame } from '../session/handshake.ts';
import { hexByte } from './codes.ts';
import { MAGIC } from './frame-types.ts';
import type { ByteReader } from './reader.ts';
import type { ByteWriter } from './writer.ts';

const SESSION_BYTES = 16;
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

const HANDSHAKE_BYTES = { noise: NOISE_FRAME_BYTES, proof: PROOF_FRAME_BYTES } as const;

export function writeHandshake(writer: ByteWriter, { type, data }: HandshakeFrame): void {
  writer.fixed('data', data, HANDSHAKE_BYTES[type]);
}

export function readHandshake(reader: ByteReader, type: HandshakeFrame['type']): HandshakeFrame {
  return { type, data: reader.fixed('data', HANDSHAKE_BYTES[type]) };
}

export function writeHello(writer: ByteWriter, frame: HelloFrame): void {
  writer.fixed('session', frame.session, SESSION_BYTES);
  writer.uint('time', frame.time, 0, Number.MAX_SAFE_INTEGER);
  writer.uint('features', frame.features.length, 0, MAX_FEATURES);
  for (const feature of frame.features) writer.text('feature', feature, MAX_NAME_BYTES);
}

export function readHello(reader: ByteReader): HelloFrame {
  const session = reader.fixed('session', SESSION_BYTES);
  const time = reader.uint('time', 0, Number.MAX_SAFE_INTEGER);
  const features: string[] = [];
  const count = reader.count('features', 0, MAX_FEATURES, 1);
  for (let i = 0; i < count; i++) features.push(reader.text('feature', MAX_NAME_BYTES));
  return { type: 'hello', session, time, features };
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
