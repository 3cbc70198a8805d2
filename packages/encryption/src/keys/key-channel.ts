/**
 * How a new data key reaches the other open tabs of a database, which have no password at hand: sealed under the key before,
 * over a BroadcastChannel, never stored. Tabs also ask for a key that a value names and they do not know.
 */

import { hex } from '../cipher/bytes.ts';
import { deferred } from '../deferred.ts';
import type { DataKey } from './data-key.ts';
import type { KeyRing } from './key-ring.ts';
import { openKey, readSealedKey, sealKey } from './previous-key.ts';

export interface KeyChannel {
  /** Gives a key to every tab that knows one of the others. */
  announce(key: DataKey): void;
  /** Asks the other tabs. @returns whether the key is known now; false after 2 s */
  learn(name: string): Promise<boolean>;
  close(): void;
}

export interface KeyChannelDeps {
  readonly databaseId: Uint8Array;
  readonly ring: KeyRing;
  /** a key that another tab seals with now */
  onAnnounced(key: DataKey): void;
}

type Message =
  | { readonly type: 'key'; readonly seals: boolean; readonly sealed: readonly Uint8Array[] }
  | { readonly type: 'want'; readonly name: string; readonly knows: readonly string[] };

/** Milliseconds. Tabs answer in a few; a frozen one not at all. */
const ANSWER_TIMEOUT_MS = 2_000;
/** Keys that are being asked for at once. */
const MAX_WANTED = 8;
/** More keys than a database has between two rotations. */
const MAX_KEYS_IN_MESSAGE = 16;

export function createKeyChannel({ databaseId, ring, onAnnounced }: KeyChannelDeps): KeyChannel {
  const channel =
    typeof BroadcastChannel === 'undefined'
      ? undefined
      : new BroadcastChannel(`rxdb-p2p-encryption ${hex(databaseId)}`);
  const wanted = new Map<string, { readonly answer: Promise<boolean>; readonly settle: (known: boolean) => void }>();
  let closed = false;

  const give = (key: DataKey, knows: (name: string) => boolean, seals: boolean): void => {
    const others = ring.all().filter(({ name }) => name !== key.name && knows(name));
    const sealed = others.slice(-MAX_KEYS_IN_MESSAGE).map((other) => sealKey(other, key, databaseId, 'handover'));
    if (sealed.length > 0 && !closed) channel?.postMessage({ type: 'key', seals, sealed } satisfies Message);
  };
  const receive = (sealed: Uint8Array): DataKey | undefined => {
    const names = readSealedKey(sealed);
    const under = names === undefined ? undefined : ring.get(names.under);
    return under === undefined ? undefined : openKey(under, sealed, databaseId, 'handover');
  };
  const hear = ({ data }: { readonly data: unknown }): void => {
    if (closed || !isMessage(data)) return;
    if (data.type === 'want') {
      const key = ring.get(data.name);
      if (key !== undefined) give(key, (name) => data.knows.includes(name), false);
      return;
    }
    for (const sealed of data.sealed) {
      const key = receive(sealed);
      if (key === undefined) continue;
      ring.add(key);
      wanted.get(key.name)?.settle(true);
      if (data.seals) onAnnounced(ring.get(key.name) ?? key);
      return;
    }
  };
  if (channel !== undefined) {
    channel.onmessage = hear;
    // In Node a channel would keep the process alive.
    (channel as { unref?(): void }).unref?.();
  }
  return {
    announce: (key) => give(key, () => true, true),
    learn(name) {
      if (ring.get(name) !== undefined) return Promise.resolve(true);
      const asked = wanted.get(name);
      if (asked !== undefined) return asked.answer;
      if (closed || channel === undefined || wanted.size >= MAX_WANTED) return Promise.resolve(false);
      const { promise, resolve } = deferred<boolean>();
      const settle = (known: boolean): void => {
        clearTimeout(timer);
        wanted.delete(name);
        resolve(known);
      };
      const timer = setTimeout(settle, ANSWER_TIMEOUT_MS, false);
      wanted.set(name, { answer: promise, settle });
      channel.postMessage({ type: 'want', name, knows: ring.all().map((key) => key.name) } satisfies Message);
      return promise;
    },
    close() {
      closed = true;
      for (const { settle } of [...wanted.values()]) settle(false);
      channel?.close();
    },
  };
}

function isMessage(data: unknown): data is Message {
  if (typeof data !== 'object' || data === null) return false;
  const message = data as Partial<Record<'type' | 'sealed' | 'seals' | 'name' | 'knows', unknown>>;
  const list = message.type === 'key' ? message.sealed : message.knows;
  if (!Array.isArray(list) || list.length > MAX_KEYS_IN_MESSAGE) return false;
  if (message.type === 'key')
    return typeof message.seals === 'boolean' && list.every((item) => item instanceof Uint8Array);
  return message.type === 'want' && typeof message.name === 'string' && list.every((item) => typeof item === 'string');
}
