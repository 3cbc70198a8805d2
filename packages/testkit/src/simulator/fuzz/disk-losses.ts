/** What a simulated disk loses, and what a copy of it takes along. Nothing may be open meanwhile. */
import { openDocuments } from '../device.ts';
import type { DiskImage, SimDisk } from '../disk.ts';

export interface Profile {
  readonly image: DiskImage;
  readonly keyPair: string;
  /** of the tabs that were noted beside the key pair */
  readonly sessions: ReadonlySet<string>;
}

/** How many of its newest calls each storage loses. */
export interface LostCalls {
  readonly documents: number;
  readonly journal: number;
}

export async function losePower(disk: SimDisk, { documents, journal }: LostCalls): Promise<void> {
  const calls = disk.calls();
  const less = (instance: string, by: number): [string, number] => [
    instance,
    Math.max(0, (calls.get(instance) ?? 0) - by),
  ];
  await disk.goBack(new Map([less('items', documents), less('journal', journal)]));
}

/** Takes a document that is not deleted off the disk, without a tombstone. */
export async function removeForGood(disk: SimDisk, name: string, id: string): Promise<void> {
  const documents = await openDocuments(disk.storage, name);
  const [previous] = await documents.findDocumentsById([id], false);
  if (previous !== undefined) {
    const rev = `${Number.parseInt(previous._rev, 10) + 1}-rotten`;
    const tombstone = { ...previous, _deleted: true, _rev: rev, _meta: { lwt: 1 } };
    await documents.bulkWrite([{ previous, document: tombstone }], 'rot');
    await documents.cleanup(0);
  }
  await documents.close();
}
