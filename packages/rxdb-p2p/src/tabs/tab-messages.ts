/**
 * What tabs tell each other. Everything of one origin can write here, and tabs of another release of the application do, so
 * what comes in is checked like any other foreign input: its size, and the shape of what is read of it.
 */
import { isCount, isJsonObject, type JsonObject, P2PError, parseJsonObject } from '@rxdb-p2p/protocol';
import type { ContestedDocument, PoolStatus } from '../pool/types.ts';

/** UTF-16 units of a message: a list of 100,000 contested documents has fewer. */
export const MAX_TAB_MESSAGE_CHARS: number = 16 * 1024 * 1024;
/** Ids of tabs and of questions, and names of rooms. */
const MAX_NAME_CHARS = 256;

/** A question of a follower about one pool. */
export type TabQuestion =
  /** Journal what has been written by now. */
  | { readonly about: 'writes' }
  /** Ask the application again what each peer may do. */
  | { readonly about: 'authorize' }
  /** The concurrent versions of a document. */
  | { readonly about: 'conflicts'; readonly id: string }
  /** A page of what is kept aside. */
  | { readonly about: 'quarantine'; readonly after: number; readonly limit: number }
  /** End the quarantine of one version. */
  | {
      readonly about: 'release';
      readonly version: { readonly id: string; readonly actor: string; readonly seq: number };
      readonly document?: unknown;
    };

/** null: the leader could not answer. */
export type TabAnswer = { readonly value: unknown } | { readonly problem: PlainProblem } | null;

/** A problem, as far as it can cross. */
export interface PlainProblem {
  readonly code: string;
  readonly message: string;
  readonly expected?: string | undefined;
  readonly got?: string | undefined;
  readonly hint?: string | undefined;
}

/** Of any tab. */
type FollowerMessage =
  /** Who leads, and what is there to know? */
  | { readonly type: 'who'; readonly from: string }
  /** The leader does not answer; the sender takes over. */
  | { readonly type: 'claim'; readonly from: string }
  /** People look at the sender, and not at the leader. */
  | { readonly type: 'yield'; readonly from: string; readonly to: string }
  | {
      readonly type: 'ask';
      readonly from: string;
      readonly room: string;
      readonly question: string;
      readonly asked: TabQuestion;
    };

/** Of the leader: void when its term is over. */
export type LeaderMessage = { readonly from: string; readonly term: number } & (
  | { readonly type: 'beat'; readonly visible: boolean }
  /** This leadership has come to its end, and all it did is done; `to`, if anybody, is to go on. */
  | { readonly type: 'over'; readonly to: string }
  /** All that its tab has opened. */
  | { readonly type: 'rooms'; readonly rooms: readonly string[] }
  | { readonly type: 'status'; readonly room: string; readonly status: PoolStatus }
  | { readonly type: 'conflicts'; readonly room: string; readonly conflicts: readonly ContestedDocument[] }
  | { readonly type: 'problem'; readonly room: string; readonly problem: PlainProblem }
  | {
      readonly type: 'answer';
      readonly room: string;
      readonly question: string;
      readonly said: TabAnswer;
    }
);

export type TabMessage = FollowerMessage | LeaderMessage;

export function isLeaderMessage(message: TabMessage): message is LeaderMessage {
  return 'term' in message;
}

/** @returns undefined for what is none */
export function decodeTabMessage(data: unknown): TabMessage | undefined {
  if (typeof data !== 'string' || data.length > MAX_TAB_MESSAGE_CHARS) return undefined;
  // What is not ours is left alone: everything of this origin may write here.
  const parsed = parseJsonObject(data);
  return parsed !== undefined && isName(parsed['from']) && isMessage(parsed)
    ? (parsed as unknown as TabMessage)
    : undefined;
}

const isName = (value: unknown): boolean => typeof value === 'string' && value.length <= MAX_NAME_CHARS;
const isText = (value: unknown): boolean => typeof value === 'string';
const isListOf = (isItem: (item: JsonObject) => boolean, value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => isJsonObject(item) && isItem(item));

function isMessage(message: JsonObject): boolean {
  switch (message['type']) {
    case 'who':
    case 'claim':
      return true;
    case 'yield':
      return isName(message['to']);
    case 'ask':
      return isName(message['room']) && isName(message['question']) && isQuestion(message['asked']);
    default:
      return isCount(message['term']) && isWordOfLeader(message);
  }
}

function isWordOfLeader(message: JsonObject): boolean {
  switch (message['type']) {
    case 'beat':
      return typeof message['visible'] === 'boolean';
    case 'rooms':
      return Array.isArray(message['rooms']) && message['rooms'].every(isName);
    case 'over':
      return isName(message['to']);
    case 'status':
      return isName(message['room']) && isStatus(message['status']);
    case 'conflicts':
      return isName(message['room']) && isListOf(isContested, message['conflicts']);
    case 'problem':
      return isName(message['room']) && isProblem(message['problem']);
    case 'answer':
      return isName(message['room']) && isName(message['question']) && isAnswer(message['said']);
    default:
      return false;
  }
}

function isQuestion(asked: unknown): boolean {
  if (!isJsonObject(asked)) return false;
  const { about, id, after, limit, version } = asked;
  if (about === 'conflicts') return isText(id);
  if (about === 'quarantine') return isCount(after) && isCount(limit);
  if (about === 'release')
    return isJsonObject(version) && isText(version['id']) && isText(version['actor']) && isCount(version['seq']);
  return about === 'writes' || about === 'authorize';
}

/** What this release reads of a status; whatever else a leader says in it goes on to the application. */
function isStatus(status: unknown): boolean {
  if (!isJsonObject(status)) return false;
  const { phase, peers, writesWaiting, conflicts, problem } = status;
  const isPeer = (peer: JsonObject): boolean => isText(peer['replica']) && isText(peer['phase']);
  return (
    isText(phase) &&
    isListOf(isPeer, peers) &&
    isCount(writesWaiting) &&
    isCount(conflicts) &&
    (problem === undefined || isProblem(problem))
  );
}

/** What is said is checked against the question, by whoever has asked it. */
function isAnswer(said: unknown): boolean {
  return said === null || (isJsonObject(said) && ('problem' in said ? isProblem(said['problem']) : 'value' in said));
}

/** Whether a value answers a question. */
export function isAnswerTo(asked: TabQuestion, value: unknown): boolean {
  switch (asked.about) {
    case 'writes':
    case 'authorize':
      return value === null;
    case 'conflicts':
      return isListOf(isVersion, value);
    case 'quarantine':
      return isJsonObject(value) && isListOf(isAside, value['versions']) && isCount(value['next'] ?? 0);
    case 'release':
      return typeof value === 'boolean';
  }
}

function isContested({ id, fields, editAgainstDelete }: JsonObject): boolean {
  return isText(id) && Array.isArray(fields) && fields.every(isText) && typeof editAgainstDelete === 'boolean';
}

function isVersion({ own, actor, seq, time, deleted, document }: JsonObject): boolean {
  return (
    typeof own === 'boolean' &&
    isText(actor) &&
    isCount(seq) &&
    typeof time === 'number' &&
    typeof deleted === 'boolean' &&
    isJsonObject(document)
  );
}

function isAside({ id, actor, seq, time, reason, text, bytes, content = '' }: JsonObject): boolean {
  return [id, actor, reason, text, content].every(isText) && isCount(seq) && typeof time === 'number' && isCount(bytes);
}

function isProblem(problem: unknown): boolean {
  if (!isJsonObject(problem)) return false;
  const { code, message, expected = '', got = '', hint = '' } = problem;
  return [code, message, expected, got, hint].every(isText);
}

export function toPlainProblem({ code, message, expected, got, hint }: P2PError): PlainProblem {
  return { code, message, expected, got, hint };
}

/** The same error in another tab; its cause stays behind. */
export function fromPlainProblem({ code, message, ...details }: PlainProblem): P2PError {
  const said = Object.fromEntries(Object.entries(details).filter(([, text]) => text !== undefined));
  // The constructor puts code and details around the text, as it did in the tab where this was thrown.
  const suffix = new P2PError(code, '', said).message.slice(`${code}: `.length);
  const text = message.startsWith(`${code}: `) ? message.slice(`${code}: `.length) : message;
  return new P2PError(code, suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text, said);
}
