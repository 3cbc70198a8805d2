/** Removes what the plugin has stored beside collections that are removed themselves. */
import type { RxStorage } from 'rxdb';
import { openSidecar, openSidecarInstance } from '../journal/sidecar.ts';
import { IDENTITY_SIDECAR, journalSidecar } from '../pool/database-node.ts';

type AnyStorage = RxStorage<unknown, unknown>;

const INSTANCE_TOKEN = 'rxdb-p2p-remove';

export function removeJournal(storage: AnyStorage, databaseName: string, collectionName: string): Promise<void> {
  return removeSidecar(storage, databaseName, journalSidecar(collectionName));
}

/** All journals, and then what names them. */
export async function removeDatabase(storage: AnyStorage, databaseName: string): Promise<void> {
  const params = { storage, databaseName, databaseInstanceToken: INSTANCE_TOKEN, name: IDENTITY_SIDECAR };
  const sidecar = await openSidecar(params);
  const journals = (await sidecar.readAll()).filter(({ key }) => key.startsWith('journal:'));
  await sidecar.close();
  for (const { key } of journals)
    await removeSidecar(storage, databaseName, journalSidecar(key.slice('journal:'.length)));
  await removeSidecar(storage, databaseName, IDENTITY_SIDECAR);
}

async function removeSidecar(storage: AnyStorage, databaseName: string, name: string): Promise<void> {
  const instance = await openSidecarInstance({ storage, databaseName, databaseInstanceToken: INSTANCE_TOKEN, name });
  await instance.remove();
}
