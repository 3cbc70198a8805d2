/**
 * A new data key for a whole database. One atomic write makes it the current one, wrapped under all slots, with the key
 * before sealed under it; then every open tab seals with it; then everything is encrypted again; then one atomic write drops
 * the key before. Whatever is interrupted goes on when the database is opened again, or in another tab at once.
 */
import { BehaviorSubject, type Observable } from 'rxjs';
import { EncryptionError } from '../errors.ts';
import type { DataKey } from '../keys/data-key.ts';
import { locksUnavailable, rotatesLock, sealsLock } from '../keys/key-locks.ts';
import { readSealedKey, sealKey } from '../keys/previous-key.ts';
import type { Secret } from '../keys/secret.ts';
import { newDataKey, rewrapSlots } from '../keys/slots.ts';
import { asEncryptionError } from '../keys/vault.ts';
import { registeredInstances } from '../storage/instance-register.ts';
import type { OpenedVault } from '../storage/open-vaults.ts';
import { reencrypt } from './reencrypt.ts';

export interface RotationState {
  /** `waiting`: for other tabs to follow */
  readonly status: 'idle' | 'waiting' | 'encrypting';
  /** documents that have been looked at */
  readonly documents: number;
}

export interface Rotation {
  readonly state$: Observable<RotationState>;
  /** Resolves when nothing is encrypted with the key before any more, and it is forgotten. */
  start(secrets: readonly Secret[], removeOthers: boolean): Promise<void>;
  /** Goes on with one that was interrupted; reports its errors. */
  resume(): void;
  /** Stops after the batch under way. */
  close(): Promise<void>;
}

/** Milliseconds until a tab that was frozen, or was just opening, is told again. */
const ANNOUNCE_INTERVAL_MS = 1_000;

export function createRotation({ storage, params, vault, problems }: Omit<OpenedVault, 'rotation'>): Rotation {
  const { databaseId, ring, channel, locks } = vault;
  const state = new BehaviorSubject<RotationState>({ status: 'idle', documents: 0 });
  const stopping = new AbortController();
  const { signal } = stopping;
  let running: Promise<void> = Promise.resolve();

  /** Other tabs stop sealing with the keys before. */
  const othersFollow = async (key: DataKey, before: readonly string[]): Promise<void> => {
    await vault.follow(key);
    channel.announce(key);
    const again = setInterval(() => channel.announce(key), ANNOUNCE_INTERVAL_MS);
    try {
      for (const name of before) (await locks.own(sealsLock(databaseId, name), signal))();
    } finally {
      clearInterval(again);
    }
  };
  const finish = async (): Promise<void> => {
    const { current, previous } = await vault.readRow();
    if (previous.length === 0) return;
    if (!locks.reliable) throw locksUnavailable();
    const key = (await vault.learn(current)) ? ring.get(current) : undefined;
    if (key === undefined)
      throw new EncryptionError('KEY_UNKNOWN', 'another tab has rotated the key, and does not answer');
    state.next({ status: 'waiting', documents: 0 });
    const before = previous.map((sealed) => readSealedKey(sealed)?.inside).filter((name) => name !== undefined);
    await othersFollow(key, before);
    let documents = 0;
    const onProgress = (more: number): void => {
      documents += more;
      state.next({ status: 'encrypting', documents });
    };
    for (const registered of await registeredInstances(vault.store)) {
      signal.throwIfAborted();
      await reencrypt({ storage, params, vault, problems, onProgress, signal }, registered);
    }
    signal.throwIfAborted();
    await vault.changeRow(async (row) => (row.current === current ? { ...row, previous: [] } : row));
  };
  const alone = async (work: () => Promise<void>): Promise<void> => {
    const release = await locks.own(rotatesLock(databaseId), signal);
    try {
      await work();
    } catch (error) {
      throw signal.aborted ? interrupted() : error;
    } finally {
      state.next({ status: 'idle', documents: state.value.documents });
      release();
    }
  };
  const run = (work: () => Promise<void>): Promise<void> => {
    const result = running.then(() => alone(work));
    running = result.catch(() => undefined);
    return result;
  };
  return {
    state$: state.asObservable(),
    start: (secrets, removeOthers) =>
      run(async () => {
        if (!locks.reliable) throw locksUnavailable();
        await finish();
        const key = newDataKey(databaseId);
        await vault.changeRow(async (row) => {
          const { slots, before } = await rewrapSlots(row, secrets, key, removeOthers);
          const previous = [sealKey(key, before, databaseId, 'previous key')];
          return { ...row, current: key.name, slots, previous, damaged: new Map() };
        });
        ring.add(key);
        await finish();
      }),
    resume() {
      run(finish).catch((error: unknown) => {
        if (!signal.aborted) problems.report(asEncryptionError(error));
      });
    },
    async close() {
      stopping.abort(interrupted());
      await running;
      state.complete();
    },
  };
}

function interrupted(): EncryptionError {
  return new EncryptionError('CLOSED', 'the database was closed while its key was rotated', {
    hint: 'the rotation goes on when the database is opened again',
  });
}
