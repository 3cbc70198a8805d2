/** Ids of peers where several processes share rooms: each begins with the name of the process that has the socket. */
import { randomBytes } from 'node:crypto';

/** Length of a process's name, characters: 72 random bits, so that no two ever share one. */
const PROCESS_NAME_LENGTH = 12;
/** Length of a socket.io id, characters. */
const SOCKET_ID_LENGTH = 20;

export function randomProcessName(): string {
  return randomBytes((PROCESS_NAME_LENGTH * 3) / 4).toString('base64url');
}

/** The process that an id belongs to; undefined when it is no id of such a process. A client may have written it. */
export function processOf(peer: string): string | undefined {
  if (peer.length !== PROCESS_NAME_LENGTH + SOCKET_ID_LENGTH) return undefined;
  return peer.slice(0, PROCESS_NAME_LENGTH);
}

/** The ids of each process, without those that belong to none. */
export function byProcess(peers: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const peer of peers) {
    const name = processOf(peer);
    if (name === undefined) continue;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [peer]);
    else group.push(peer);
  }
  return groups;
}
