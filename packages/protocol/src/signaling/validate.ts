/**
 * Checks for everything that arrives over signaling, on both sides: a server trusts no client, and a client no
 * server. Each function takes what a JSON parser made of the bytes, or worse, never throws, copies only the fields
 * that it knows, and returns nothing longer than the limits of `messages.ts`.
 */
import { isCount, isJsonObject, type JsonObject } from '../json-object.ts';
import type {
  ByeMessage,
  IncomingSignal,
  JoinReply,
  LeftMessage,
  OutgoingSignal,
  Refusal,
  Reply,
  RoomMessage,
  TokenMessage,
  TurnMessage,
} from './messages.ts';
import {
  BYE_CODES,
  MAX_ROOM_SAMPLE,
  MAX_SIGNAL_LENGTH,
  MAX_TOKEN_LENGTH,
  MAX_TURN_CREDENTIAL_LENGTH,
  MAX_TURN_SECONDS,
  MAX_TURN_URLS,
  ROOM_PATTERN,
  SIGNALING_CODES,
  type SignalingCode,
  TURN_URL_PATTERN,
} from './messages.ts';

/** Ids of peers as servers make them: socket.io's have 20 characters. */
export const PEER_ID_PATTERN: RegExp = /^[A-Za-z0-9_-]{1,64}$/;
/** Length of the text of a refusal, UTF-16 units: one or two sentences for a log. */
export const MAX_REFUSAL_LENGTH: number = 500;

/** What a server makes of a message: the message, or the answer that refuses it. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Refusal;

export function refuse(code: SignalingCode, message: string): Refusal {
  return { ok: false, code, message };
}

/** On the server: the payload of `join` and `leave`. */
export function parseRoomMessage(input: unknown): Parsed<RoomMessage> {
  if (!isJsonObject(input)) return refuse('BAD_MESSAGE', 'expected an object with the field room');
  const { room } = input;
  if (!isRoom(room)) return refuse('BAD_ROOM', `expected room to match ${ROOM_PATTERN.source}`);
  return { ok: true, value: { room } };
}

/** On the server: the payload of `signal`. */
export function parseOutgoingSignal(input: unknown): Parsed<OutgoingSignal> {
  if (!isJsonObject(input)) return refuse('BAD_MESSAGE', 'expected an object with the fields room, to and data');
  const parsed = parseRoomMessage(input);
  if (!parsed.ok) return parsed;
  const { to, data } = input;
  if (!isPeerId(to)) return refuse('BAD_MESSAGE', `expected to, the id of a peer, to match ${PEER_ID_PATTERN.source}`);
  if (typeof data !== 'string' || data === '')
    return refuse('BAD_MESSAGE', 'expected data to be a string with content');
  if (data.length > MAX_SIGNAL_LENGTH) {
    return refuse('SIGNAL_TOO_LARGE', `expected at most ${MAX_SIGNAL_LENGTH} characters, got ${data.length}`);
  }
  return { ok: true, value: { room: parsed.value.room, to, data } };
}

/** On the server: the payload of `token`. */
export function parseTokenMessage(input: unknown): Parsed<TokenMessage> {
  const { token } = fieldsOf(input);
  if (isToken(token)) return { ok: true, value: { token } };
  return refuse('TOKEN_INVALID', `expected a token of 1 to ${MAX_TOKEN_LENGTH} characters`);
}

/** Whether it can be a token, of whatever kind. */
export function isToken(input: unknown): input is string {
  return typeof input === 'string' && input !== '' && input.length <= MAX_TOKEN_LENGTH;
}

/** On the client: the answer to `join`; undefined when it is none. */
export function parseJoinReply(input: unknown): JoinReply | undefined {
  const { ok, self, members, size } = fieldsOf(input);
  if (ok !== true) return parseRefusal(input);
  if (!isPeerId(self) || !Array.isArray(members) || members.length > MAX_ROOM_SAMPLE) return undefined;
  if (!members.every(isPeerId) || members.includes(self) || new Set(members).size !== members.length) return undefined;
  if (!isCount(size)) return undefined;
  return { ok: true, self, members: [...members], size };
}

/** On the client: the answer to `leave` and `signal`; undefined when it is none. */
export function parseReply(input: unknown): Reply | undefined {
  return fieldsOf(input)['ok'] === true ? { ok: true } : parseRefusal(input);
}

/** On the client: the payload of `signal`; undefined when it is none. */
export function parseIncomingSignal(input: unknown): IncomingSignal | undefined {
  const { room, from, data } = fieldsOf(input);
  if (!isRoom(room) || !isPeerId(from)) return undefined;
  if (typeof data !== 'string' || data === '' || data.length > MAX_SIGNAL_LENGTH) return undefined;
  return { room, from, data };
}

/** On the client: the payload of `left`; undefined when it is none. */
export function parseLeftMessage(input: unknown): LeftMessage | undefined {
  const { room, peer } = fieldsOf(input);
  return isRoom(room) && isPeerId(peer) ? { room, peer } : undefined;
}

/** On the client: the payload of `bye`; undefined when it is none. */
export function parseByeMessage(input: unknown): ByeMessage | undefined {
  const { code: said, message } = fieldsOf(input);
  const code = BYE_CODES.find((known) => known === said);
  if (code === undefined || typeof message !== 'string') return undefined;
  return { code, message: message.slice(0, MAX_REFUSAL_LENGTH) };
}

function parseRefusal(input: unknown): Refusal | undefined {
  const { ok, code, message } = fieldsOf(input);
  if (ok !== false || !isSignalingCode(code) || typeof message !== 'string') return undefined;
  return refuse(code, message.slice(0, MAX_REFUSAL_LENGTH));
}

/** On the client. */
export function parseTurnMessage(input: unknown): TurnMessage | undefined {
  const { urls, username, credential, seconds } = fieldsOf(input);
  if (!Array.isArray(urls) || urls.length === 0 || urls.length > MAX_TURN_URLS || !urls.every(isTurnUrl)) {
    return undefined;
  }
  if (!isCredential(username) || !isCredential(credential)) return undefined;
  if (typeof seconds !== 'number' || !(seconds > 0)) return undefined;
  return { urls: [...urls], username, credential, seconds: Math.min(seconds, MAX_TURN_SECONDS) };
}

/** None of what is not an object. */
function fieldsOf(input: unknown): JsonObject {
  return isJsonObject(input) ? input : {};
}

export function isRoom(input: unknown): input is string {
  return typeof input === 'string' && ROOM_PATTERN.test(input);
}

export function isPeerId(input: unknown): input is string {
  return typeof input === 'string' && PEER_ID_PATTERN.test(input);
}

function isSignalingCode(input: unknown): input is SignalingCode {
  return SIGNALING_CODES.some((code) => code === input);
}

function isTurnUrl(input: unknown): input is string {
  return typeof input === 'string' && TURN_URL_PATTERN.test(input);
}

function isCredential(input: unknown): input is string {
  return typeof input === 'string' && input.length > 0 && input.length <= MAX_TURN_CREDENTIAL_LENGTH;
}
