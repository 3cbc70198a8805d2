/** The vaults of a storage's open databases: one for each instance of a database, while one of its storage instances lives. */
import type { RxStorage } from 'rxdb';
import { createKeyLocks } from '../keys/key-locks.ts';
import { openKeyStore } from '../keys/key-store.ts';
import { checkSecret } from '../keys/secret.ts';
import { openVault, type Vault } from '../keys/vault.ts';
import { createRotation, type Rotation } from '../rotation/rotation.ts';
import { createProblems, type Problems } from './problems.ts';

export interface OpenedVault {
  readonly storage: RxStorage<unknown, unknown>;
  readonly params: VaultParams;
  readonly vault: Vault;
  readonly problems: Problems;
  readonly rotation: Rotation;
}

export interface VaultParams {
  readonly databaseName: string;
  readonly databaseInstanceToken: string;
  readonly options: unknown;
  readonly devMode: boolean;
}

export interface OpenVaults {
  /**
   * Opens it with the password, or finds it open.
   *
   * @returns with `release`, to be called once
   */
  open(params: VaultParams, password: unknown): Promise<OpenedVault & { release(): Promise<void> }>;
  /** By the token of the RxDatabase. */
  find(databaseInstanceToken: string): Promise<OpenedVault> | undefined;
}

interface Entry {
  readonly opened: Promise<OpenedVault>;
  users: number;
}

export function createOpenVaults(storage: RxStorage<unknown, unknown>): OpenVaults {
  const entries = new Map<string, Entry>();
  const openNew = async (given: VaultParams, password: unknown): Promise<OpenedVault> => {
    const { databaseName, databaseInstanceToken, options, devMode } = given;
    const params = { databaseName, databaseInstanceToken, options, devMode };
    const secret = checkSecret(password);
    const problems = createProblems();
    const store = await openKeyStore({ storage, ...params });
    try {
      const vault = await openVault({ store, locks: createKeyLocks(), onError: problems.report }, secret);
      const rotation = createRotation({ storage, params, vault, problems });
      rotation.resume();
      return { storage, params, vault, problems, rotation };
    } catch (error) {
      await store.close();
      throw error;
    }
  };
  return {
    find: (token) => entries.get(token)?.opened,
    async open(params, password) {
      const { databaseInstanceToken: token } = params;
      const entry = entries.get(token) ?? { opened: openNew(params, password), users: 0 };
      entries.set(token, entry);
      entry.users++;
      let released = false;
      const release = async (): Promise<void> => {
        if (released) return;
        released = true;
        entry.users--;
        if (entry.users > 0) return;
        if (entries.get(token) === entry) entries.delete(token);
        const opened = await entry.opened.catch(() => undefined);
        await opened?.rotation.close();
        await opened?.vault.close();
        opened?.problems.close();
      };
      try {
        return { ...(await entry.opened), release };
      } catch (error) {
        await release();
        throw error;
      }
    },
  };
}
