/** A person's write where nothing of ours runs: in another tab, say. */
import { base64url } from '@rxdb-p2p/protocol';
import { openDocuments } from '../device.ts';
import type { SimProcess } from '../process.ts';
import type { Random } from '../random.ts';
import { type Change, createUser, type HandWrites } from '../user.ts';

export interface Beside {
  /** ends with the write */
  readonly process: SimProcess;
  readonly name: string;
  readonly now: () => number;
  readonly random: Random;
  readonly handWrites: HandWrites;
}

export async function writeBeside(
  { process, name, now, random, handWrites }: Beside,
  id: string,
  change: Change,
): Promise<void> {
  const documents = await openDocuments(process.storage, name);
  const randomId = (bytes: number): string => base64url(random.bytes(bytes));
  await createUser({ documents, now, randomId, handWrites }).write(id, change);
  process.die();
}
