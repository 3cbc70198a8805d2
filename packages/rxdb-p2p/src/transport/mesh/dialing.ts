/** Whom we dial, and when: those whom the server has named to us, unless we know or may know them already. */
import type { Attempts } from './attempts.ts';
import type { LinkEntry, LinkTable } from './link-table.ts';
import type { MeshLimits } from './mesh-limits.ts';
import type { Remote, Remotes } from './remotes.ts';
import type { SignalBody } from './signal-codec.ts';

export interface DialingDeps {
  readonly remotes: Remotes;
  readonly links: LinkTable;
  readonly attempts: Attempts;
  readonly limits: MeshLimits;
  readonly now: () => number;
  readonly randomName: () => string;
  readonly send: (remote: Remote, name: string, body: SignalBody, room?: string) => void;
}

export interface Dialing {
  /** Whether one more connection may be made. */
  hasPlace(): boolean;
  linkWith(remote: Remote): LinkEntry | undefined;
  /** The server has named a member of a room: it is told that we share it, asked for its name, or to be dialled. */
  named(remote: Remote): void;
  /** Lets the other end of a link know all rooms that we share: it keeps the link for them. */
  tell(remote: Remote): void;
  /** Dials those who are due, and comes back for the others. */
  dialAll(): void;
  /** Not before a delay, milliseconds; by default the backoff's. */
  retryLater(remote: Remote | undefined, delayMs?: number): void;
  stop(): void;
}

export function createDialing({ remotes, links, attempts, limits, now, randomName, send }: DialingDeps): Dialing {
  let timer: ReturnType<typeof setTimeout> | undefined;

  function linkWith({ instance }: Remote): LinkEntry | undefined {
    return instance === undefined ? undefined : links.get(instance);
  }

  function hasPlace(): boolean {
    return links.size + attempts.size < limits.links;
  }

  /** Whether we know by which ids the server knows all that we are linked with, so that a stranger is none of them. */
  function everyLinkIsPlaced(): boolean {
    return [...links].every(({ instance }) => remotes.named(instance) !== undefined);
  }

  function tell(remote: Remote): void {
    const link = linkWith(remote);
    if (link === undefined) return;
    for (const room of remote.rooms) if (!remote.told.has(room)) send(remote, link.name, { kind: 'hello' }, room);
  }

  function dialAll(): void {
    clearTimeout(timer);
    let next = Number.POSITIVE_INFINITY;
    for (const remote of remotes) {
      if (!remote.ours || linkWith(remote) !== undefined || attempts.with(remote) !== undefined) continue;
      const due = Math.max(remote.notBefore, remote.askedUntil);
      if (due > now()) next = Math.min(next, due);
      else if (attempts.dialled < limits.attempts && hasPlace()) attempts.start(randomName(), remote, true);
    }
    if (next < Number.POSITIVE_INFINITY) timer = setTimeout(dialAll, next - now());
  }

  return {
    hasPlace,
    linkWith,
    named(remote) {
      remote.ours = true;
      if (linkWith(remote) !== undefined) tell(remote);
      else if (remote.instance === undefined && remote.told.size === 0 && !everyLinkIsPlaced()) {
        remote.askedUntil = now() + limits.helloMs;
        send(remote, randomName(), { kind: 'hello' });
      }
    },
    tell,
    dialAll,
    retryLater(remote, delayMs) {
      if (remote !== undefined) remote.notBefore = now() + (delayMs ?? remote.backoff.next());
      dialAll();
    },
    stop: () => clearTimeout(timer),
  };
}
