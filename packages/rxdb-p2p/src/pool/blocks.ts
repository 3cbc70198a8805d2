/** The block list of one database: stored beside its key pair, and the same in all of its tabs. */
import { addBlocked, readBlocked, removeBlocked } from '../identity/block-list.ts';
import type { Sidecar } from '../journal/sidecar.ts';
import { checkReplicaId } from '../plugin/options.ts';
import type { Blocks } from './pool-handle.ts';

export interface BlockBook extends Blocks {
  isBlocked(replica: string): boolean;
  /** Reads the list, and follows what other tabs do with it. */
  open(sidecar: Sidecar): Promise<void>;
  close(): void;
}

export interface BlockBookDeps {
  /** of the database: the same in all tabs, and nowhere else */
  readonly name: string;
  readonly sidecar: () => Promise<Sidecar>;
  /** milliseconds since 1970 */
  readonly wallClock: () => number;
  /** Connections with who is blocked now have to end. @param isShorter somebody is not blocked any more */
  readonly onChange: (isShorter: boolean) => void;
}

export function createBlockBook({ name, sidecar, wallClock, onChange }: BlockBookDeps): BlockBook {
  let list: ReadonlySet<string> = new Set();
  let channel: BroadcastChannel | undefined;

  async function read(opened: Sidecar): Promise<void> {
    const before = list;
    list = await readBlocked(opened);
    onChange([...before].some((replica) => !list.has(replica)));
  }

  async function change(replica: string, write: (opened: Sidecar) => Promise<void>): Promise<void> {
    checkReplicaId(replica);
    const opened = await sidecar();
    await write(opened);
    await read(opened);
    // What other tabs get says nothing: they read for themselves.
    channel?.postMessage('');
  }

  return {
    isBlocked: (replica) => list.has(replica),
    async open(opened) {
      // A storage that fails pauses the pools; the list is read again when they go on.
      channel ??= listenTo(
        name,
        () =>
          void sidecar()
            .then(read)
            .catch(() => undefined),
      );
      await read(opened);
    },
    close() {
      channel?.close();
      channel = undefined;
    },
    block: (replica) => change(replica, (opened) => addBlocked(opened, replica, wallClock())),
    unblock: (replica) => change(replica, (opened) => removeBlocked(opened, replica)),
    async blocked() {
      return [...(await readBlocked(await sidecar()))].sort();
    },
  };
}

function listenTo(name: string, onNews: () => void): BroadcastChannel {
  const opened = new BroadcastChannel(`${name} blocked`);
  // In Node a channel holds its process otherwise.
  if ('unref' in opened && typeof opened.unref === 'function') opened.unref();
  opened.onmessage = onNews;
  return opened;
}
