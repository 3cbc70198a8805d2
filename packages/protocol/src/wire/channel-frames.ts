/** Frames that open, refuse, end and steer a channel (SPEC.md §1.6). Every one begins with the sender's channel number. */
import { MAX_NAME_BYTES } from '../limits.ts';
import {
  type CloseFrame,
  type CreditFrame,
  type HaveFrame,
  type OpenFrame,
  REFUSE_CODES,
  type RefuseFrame,
  type WantFrame,
} from '../session/frames.ts';
import { PROOF_BYTES } from '../session/open-proof.ts';
import { FINGERPRINT_BYTES } from '../version/fingerprint.ts';
import { EMPTY_VECTOR } from '../version/vector.ts';
import type { ByteReader } from './reader.ts';
import { readCursor, readHash, readVector, writeCursor, writeHash, writeVector } from './vectors.ts';
import type { ByteWriter } from './writer.ts';

const MAX_CHANNEL: number = 2 ** 32 - 1;
const DIGEST_BYTES = 16;

const SENDS = 0x01;
const RECEIVES = 0x02;

/** The place of a form is its number on the wire. */
const HAVE_FORMS = ['hash', 'whole', 'changes'] as const;
const HAVE_FORM_BITS = 0x03;
const HAS_FINGERPRINT = 0x04;
const UNSETTLED = 0x08;

const HAS_CURSOR = 0x01;

export function writeChannel(writer: ByteWriter, channel: number): void {
  writer.uint('channel', channel, 1, MAX_CHANNEL);
}

export function readChannel(reader: ByteReader): number {
  return reader.uint('channel', 1, MAX_CHANNEL);
}

export function writeWantNumber(writer: ByteWriter, want: number): void {
  writer.uint('want', want, 1, Number.MAX_SAFE_INTEGER);
}

export function readWantNumber(reader: ByteReader): number {
  return reader.uint('want', 1, Number.MAX_SAFE_INTEGER);
}

function isMergeMode(mode: string): boolean {
  return mode === 'fields' || mode.startsWith('handler:');
}

export function writeOpen(writer: ByteWriter, frame: OpenFrame): void {
  if (!isMergeMode(frame.mergeMode)) writer.fail('mergeMode', 'fields or handler:<version>', frame.mergeMode);
  writeChannel(writer, frame.channel);
  writer.byte((frame.sends ? SENDS : 0) | (frame.receives ? RECEIVES : 0));
  writer.fixed('proof', frame.proof, PROOF_BYTES);
  writer.text('collection', frame.collection, MAX_NAME_BYTES);
  writer.uint('schemaVersion', frame.schemaVersion, 0, Number.MAX_SAFE_INTEGER);
  writeHash(writer, 'schemaHash', frame.schemaHash);
  writer.text('mergeMode', frame.mergeMode, MAX_NAME_BYTES);
}

export function readOpen(reader: ByteReader): OpenFrame {
  const channel = readChannel(reader);
  const flags = reader.flags('flags', SENDS | RECEIVES);
  const proof = reader.fixed('proof', PROOF_BYTES);
  const collection = reader.text('collection', MAX_NAME_BYTES);
  const schemaVersion = reader.uint('schemaVersion', 0, Number.MAX_SAFE_INTEGER);
  const schemaHash = readHash(reader, 'schemaHash');
  const mergeMode = reader.text('mergeMode', MAX_NAME_BYTES);
  if (!isMergeMode(mergeMode)) reader.fail('mergeMode', 'fields or handler:<version>', 'another one');
  const sends = (flags & SENDS) !== 0;
  const receives = (flags & RECEIVES) !== 0;
  return { type: 'open', channel, proof, collection, schemaVersion, schemaHash, mergeMode, sends, receives };
}

export function writeRefuse(writer: ByteWriter, frame: RefuseFrame): void {
  writeChannel(writer, frame.channel);
  writer.choice('code', frame.code, REFUSE_CODES);
  writer.text('text', frame.text, MAX_NAME_BYTES);
}

export function readRefuse(reader: ByteReader): RefuseFrame {
  const channel = readChannel(reader);
  const code = reader.choice('code', REFUSE_CODES);
  return { type: 'refuse', channel, code, text: reader.text('text', MAX_NAME_BYTES) };
}

export function writeClose(writer: ByteWriter, frame: CloseFrame): void {
  writeChannel(writer, frame.channel);
}

export function readClose(reader: ByteReader): CloseFrame {
  return { type: 'close', channel: readChannel(reader) };
}

export function writeHave(writer: ByteWriter, frame: HaveFrame): void {
  const { form, entries, fingerprint } = frame;
  const formNumber = HAVE_FORMS.indexOf(form);
  if (formNumber < 0) writer.fail('form', `one of ${HAVE_FORMS.join(', ')}`, form);
  if (form === 'hash' && entries.size > 0) writer.fail('entries', 'none in the form `hash`', `${entries.size}`);
  writeChannel(writer, frame.channel);
  const printFlags = fingerprint === undefined ? 0 : HAS_FINGERPRINT | (fingerprint.settled ? 0 : UNSETTLED);
  writer.byte(formNumber | printFlags);
  writer.fixed('hash', frame.hash, DIGEST_BYTES);
  writer.uint('pushedBytes', frame.pushedBytes, 0, Number.MAX_SAFE_INTEGER);
  if (fingerprint !== undefined) writer.fixed('fingerprint', fingerprint.sum, FINGERPRINT_BYTES);
  if (form !== 'hash') writeVector(writer, 'entries', entries, form === 'changes' ? 0 : 1);
}

export function readHave(reader: ByteReader): HaveFrame {
  const channel = readChannel(reader);
  const flags = reader.flags('flags', HAVE_FORM_BITS | HAS_FINGERPRINT | UNSETTLED);
  const settled = (flags & UNSETTLED) === 0;
  const form = HAVE_FORMS[flags & HAVE_FORM_BITS] ?? reader.fail('form', 'less than 3', '3');
  const hash = reader.fixed('hash', DIGEST_BYTES);
  const pushedBytes = reader.uint('pushedBytes', 0, Number.MAX_SAFE_INTEGER);
  const hasPrint = (flags & HAS_FINGERPRINT) !== 0;
  if (!settled && !hasPrint) reader.fail('flags', 'a fingerprint that is not settled', 'none');
  const sum = hasPrint ? reader.fixed('fingerprint', FINGERPRINT_BYTES) : undefined;
  const entries = form === 'hash' ? EMPTY_VECTOR : readVector(reader, 'entries', form === 'changes' ? 0 : 1);
  const have: HaveFrame = { type: 'have', channel, hash, form, entries, pushedBytes };
  return sum === undefined ? have : { ...have, fingerprint: { sum, settled } };
}

export function writeWant(writer: ByteWriter, frame: WantFrame): void {
  writeChannel(writer, frame.channel);
  writer.byte(frame.cursor === null ? 0 : HAS_CURSOR);
  writeWantNumber(writer, frame.want);
  writer.uint('credit', frame.credit, 0, Number.MAX_SAFE_INTEGER);
  if (frame.cursor !== null) writeCursor(writer, frame.cursor);
  writeVector(writer, 'vector', frame.vector, 1);
}

export function readWant(reader: ByteReader): WantFrame {
  const channel = readChannel(reader);
  const flags = reader.flags('flags', HAS_CURSOR);
  const want = readWantNumber(reader);
  const credit = reader.uint('credit', 0, Number.MAX_SAFE_INTEGER);
  const cursor = (flags & HAS_CURSOR) === 0 ? null : readCursor(reader);
  return { type: 'want', channel, want, vector: readVector(reader, 'vector', 1), cursor, credit };
}

export function writeCredit(writer: ByteWriter, frame: CreditFrame): void {
  writeChannel(writer, frame.channel);
  writeWantNumber(writer, frame.want);
  writer.uint('bytes', frame.bytes, 0, Number.MAX_SAFE_INTEGER);
}

export function readCredit(reader: ByteReader): CreditFrame {
  const channel = readChannel(reader);
  const want = readWantNumber(reader);
  return { type: 'credit', channel, want, bytes: reader.uint('bytes', 0, Number.MAX_SAFE_INTEGER) };
}
