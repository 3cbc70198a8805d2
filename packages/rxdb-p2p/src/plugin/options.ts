/** The options of a pool: checked, completed from the database's defaults, and made comparable. */
import { sha256 } from '@noble/hashes/sha2.js';
import { base64url, equalBytes, P2PError, readTopicSecret, type TopicSecret } from '@rxdb-p2p/protocol';
import type { RxCollection } from 'rxdb';
import { A_BOOLEAN, A_FUNCTION, AN_ARRAY, checkOptions, hidden, type OptionChecks } from '../check-options.ts';
import { defined } from '../defined.ts';
import type { PeerRules } from '../pool/rights.ts';
import type { SyncP2POptions } from '../pool/types.ts';
import type { TransportFactory } from '../transport/port.ts';
import { A_CONNECTION_COUNT, createSimplePeerTransportFactory, SIGNALING_URLS } from '../transport/simple-peer.ts';

/** UTF-8 bytes of a topic. */
const MAX_TOPIC_BYTES = 512;
const DEFAULT_NAMESPACE = 'app';
/** Clocks of people who travel, or have set them by hand, differ by hours; one that has lost its time by years. */
const DEFAULT_CLOCK_DIFFERENCE_MS = 24 * 60 * 60 * 1_000;
/** What a handshake takes, and the clocks of healthy devices differ by. */
const MIN_CLOCK_DIFFERENCE_MS = 60_000;
const HANDLER_VERSION_PATTERN = /^[\x20-\x7e]{1,64}$/;
const NAMESPACE_PATTERN = /^[A-Za-z0-9._~-]{1,64}$/;

export interface PoolOptions {
  readonly topic: string;
  readonly namespace: string;
  /** the pool's among all of a collection, in every tab; stays in this browser */
  readonly name: string;
  /** Left out: whoever knows the topic's name has its keys. */
  readonly secret: TopicSecret | undefined;
  readonly push: boolean;
  readonly pull: boolean;
  readonly conflictHandlerVersion: string;
  readonly maxClockDifferenceMs: number;
  readonly rules: PeerRules;
  readonly transport: TransportFactory;
  /** two calls whose keys are equal share one pool */
  readonly key: string;
}

/** Every option has one: a name that is missing here does not compile. */
const CHECKS: OptionChecks<keyof SyncP2POptions> = {
  signaling: SIGNALING_URLS,
  getToken: hidden(A_FUNCTION),
  namespace: ['1 to 64 of A–Z a–z 0–9 . _ ~ -', (value) => typeof value === 'string' && NAMESPACE_PATTERN.test(value)],
  // Checked apart: what is wrong with it is told without a word of it.
  secret: ['', () => true],
  iceServers: hidden(AN_ARRAY),
  iceTransportPolicy: ['`all` or `relay`', (value) => value === 'all' || value === 'relay'],
  maxConnections: A_CONNECTION_COUNT,
  push: A_BOOLEAN,
  pull: A_BOOLEAN,
  conflictHandlerVersion: [
    '1 to 64 printable characters of ASCII',
    (value) => typeof value === 'string' && HANDLER_VERSION_PATTERN.test(value),
  ],
  maxClockDifferenceMs: [
    'a number of milliseconds from 60,000, or Infinity',
    (value) => typeof value === 'number' && value >= MIN_CLOCK_DIFFERENCE_MS,
  ],
  allowedPeers: [
    'an array of replica ids, 43 characters each',
    (value) => Array.isArray(value) && value.every(isReplicaId),
  ],
  isPeerValid: A_FUNCTION,
  authorize: A_FUNCTION,
  transport: [
    'a TransportFactory, with `key` and `create`',
    (value) => {
      const { key, create } = (value ?? {}) as Partial<TransportFactory>;
      return typeof key === 'string' && typeof create === 'function';
    },
  ],
};

/**
 * @throws P2PError `TOPIC_INVALID`, `OPTIONS_INVALID`, `SECRET_INVALID`, `SECRET_TOO_SHORT`, `SIGNALING_REQUIRED`,
 * `SIGNALING_URL_INVALID`
 */
export function resolveOptions(collection: RxCollection, topic: unknown, given: SyncP2POptions): PoolOptions {
  const checkedTopic = checkTopic(topic);
  checkOptions('the options of syncP2P', given, CHECKS);
  const options = { ...databaseDefaults(collection), ...defined(given) };
  const { namespace = DEFAULT_NAMESPACE, push = true, pull = true, conflictHandlerVersion = '1' } = options;
  if (!push && !pull)
    throw new P2PError('OPTIONS_INVALID', 'push and pull are both false', { hint: 'allow at least one direction' });
  const transport =
    options.transport ?? createSimplePeerTransportFactory({ ...options, signalingServerUrl: options.signaling });
  const { allowedPeers, isPeerValid, authorize } = options;
  const allowed = allowedPeers === undefined ? undefined : [...new Set(allowedPeers)].sort();
  const rules = { allowedPeers: allowed && new Set(allowed), isPeerValid, authorize };
  const name = poolName(namespace, checkedTopic);
  const secret = options.secret === undefined ? undefined : readTopicSecret(options.secret);
  const { maxClockDifferenceMs = DEFAULT_CLOCK_DIFFERENCE_MS } = options;
  // Infinity is no JSON.
  const compared = [name, push, pull, conflictHandlerVersion, String(maxClockDifferenceMs), transport.key, allowed];
  const key = JSON.stringify(compared);
  const named = { topic: checkedTopic, namespace, name, secret };
  const checked = { push, pull, conflictHandlerVersion, maxClockDifferenceMs };
  return { ...named, ...checked, rules, transport, key };
}

/** @throws P2PError `OPTIONS_INVALID` */
export function checkReplicaId(replica: unknown): void {
  if (isReplicaId(replica)) return;
  const expected = 'a replica id as `peers$` shows it, 43 characters of base64url';
  throw new P2PError('OPTIONS_INVALID', 'replica', { expected, got: typeof replica });
}

function isReplicaId(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{43}$/.test(value);
}

function checkTopic(topic: unknown): string {
  const expected = `a string of 1 to ${MAX_TOPIC_BYTES} bytes of UTF-8`;
  if (typeof topic !== 'string') {
    throw new P2PError('TOPIC_INVALID', 'the topic names the group of devices that share the documents', {
      expected,
      got: topic === null ? 'null' : typeof topic,
    });
  }
  const bytes = new TextEncoder().encode(topic).length;
  if (bytes < 1 || bytes > MAX_TOPIC_BYTES)
    throw new P2PError('TOPIC_INVALID', 'the topic', { expected, got: `${bytes} bytes` });
  return topic;
}

/** `createRxDatabase({ options: { p2p: { signaling, namespace, iceServers } } })` */
function databaseDefaults(collection: RxCollection): SyncP2POptions {
  const options = collection.database.options as { readonly p2p?: SyncP2POptions } | undefined;
  const defaults = options?.p2p ?? {};
  checkOptions('options.p2p of the database', defaults, CHECKS);
  return defined(defaults);
}

function poolName(namespace: string, topic: string): string {
  const text = `rxdb-p2p pool 1\n${namespace.length}:${namespace}${topic}`;
  return base64url(sha256(new TextEncoder().encode(text)));
}

/** Whether two calls give the same secret; how much of it is the same cannot be told by the time. */
export function sameSecret(a: TopicSecret | undefined, b: TopicSecret | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.kind === b.kind && equalBytes(secretBytes(a), secretBytes(b));
}

function secretBytes(secret: TopicSecret): Uint8Array {
  return secret.kind === 'made' ? secret.bytes : new TextEncoder().encode(secret.text);
}
