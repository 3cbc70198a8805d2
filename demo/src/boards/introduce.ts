/** Every device writes its name on the board once, so that people see names where there are ids. */
import type { RxCollection } from 'rxdb';
import type { P2PPool } from 'rxdb-p2p';
import { filter, map, take } from 'rxjs';
import type { DeviceSettings, Note } from '../schemas.ts';

/** @returns stops it */
export function introduceDevice(
  notes: RxCollection<Note>,
  pool: P2PPool<Note>,
  device: () => DeviceSettings,
): () => void {
  const known = pool.status$.pipe(
    map(({ replica }) => replica),
    filter((replica) => replica !== undefined),
    take(1),
  );
  const subscription = known.subscribe((replica) => {
    write(notes, replica, device()).catch(reportError);
  });
  return () => subscription.unsubscribe();
}

async function write(notes: RxCollection<Note>, replica: string, { writer, name }: DeviceSettings): Promise<void> {
  const id = `device-${writer}`;
  const known = await notes.findOne(id).exec();
  if (known?.text === name && known.parent === replica) return;
  const card: Note = {
    id,
    kind: 'device',
    parent: replica,
    text: name,
    detail: '',
    done: false,
    order: '',
    by: writer,
  };
  await notes.incrementalUpsert(card);
}
