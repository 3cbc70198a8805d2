/** Backups of a simulated device's storages, to be restored later, or on a second device. */
import { prepareQuery, type RxStorage } from 'rxdb';
import { type DocumentStorage, openSidecar, type SidecarRow, type StoredDocument } from 'rxdb-p2p/testing';
import { openDocuments } from './device.ts';

export interface Backup {
  readonly documents: readonly StoredDocument[];
  readonly journal: readonly SidecarRow[];
}

type Storage = RxStorage<unknown, unknown>;

const journalParams = (storage: Storage, name: string) => ({
  ...{ storage, databaseName: name, databaseInstanceToken: name, name: 'journal' },
});

export async function takeBackup(storage: Storage, name: string): Promise<Backup> {
  const documents = await openDocuments(storage, name);
  const journal = await openSidecar(journalParams(storage, name));
  const backup = { documents: await allOf(documents), journal: await journal.readAll() };
  await documents.close();
  await journal.close();
  return structuredClone(backup);
}

/** Into storages that are empty: of a new device, or of one that was erased. */
export async function restoreBackup(storage: Storage, name: string, backup: Backup): Promise<void> {
  const documents = await openDocuments(storage, name);
  const journal = await openSidecar(journalParams(storage, name));
  const rows = structuredClone(backup.documents).map((document) => ({ document }));
  const { error } = await documents.bulkWrite(rows, 'restore');
  const [first] = error;
  if (first !== undefined) throw new Error(`document ${first.documentId} was not restored: ${first.status}`);
  for (const row of backup.journal) if (!(await journal.insert([row]))) throw new Error(`row ${row.key} was there`);
  await documents.close();
  await journal.close();
}

async function allOf(documents: DocumentStorage): Promise<StoredDocument[]> {
  const query = prepareQuery(documents.schema, { selector: {}, sort: [{ id: 'asc' }], skip: 0 } as never);
  return (await documents.query(query)).documents as StoredDocument[];
}
