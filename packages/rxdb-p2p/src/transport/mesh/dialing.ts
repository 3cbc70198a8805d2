/** Whom we dial, and when: those whom the server has named to us, as many as we look for, unless we may know them already. */
import type { Timers } from '../../pool/timers.ts';
import type { Attempts } from './attempts.ts';
import { chooseDispensable, insistentBelow, pick, shuffled, wantsMore } from './choice.ts';
import type { LinkEntry, LinkTable } from './link-table.ts';
import type { MeshLimits } from './mesh-limits.ts';
import type { Remote, Remotes } from './remotes.ts';
import type { SignalBody } from './signal-codec.ts';

export interface DialingDeps {
  readonly remotes: Remotes;
  readonly links: LinkTable;
  readonly attempts: Attempts;
  readonly limits: MeshLimits;
  readonly timers: Timers;
  readonly randomName: () => string;
  /** members of a room at the last count, this one included */
  readonly sizeOf: (room: string) => number;
  readonly send: (remote: Remote, name: string, body: SignalBody, room?: string) => void;
}

export interface Dialing {
  /** Whether one more connection may be made. */
  hasPlace(): boolean;
  /** Whether one may be made in exchange for a link: for one attempt at a time. */
  canExchange(): boolean;
  linkWith(remote: Remote): LinkEntry | undefined;
  /** The server has named a member of a room: it is told that we share it, asked for its name, or to be dialled. */
  named(remote: Remote): void;
  /** Lets the other end of a link know all rooms that we share: it keeps the link for them. */
  tell(remote: Remote): void;
  /** Dials those who are due, in a random order and as many as wanted, and comes back for the others. */
  dialAll(): void;
  /** Dials one more member of a room, whatever number of links there is. */
  exchange(room: string): void;
  /** Not before a delay, milliseconds; by default the backoff's. */
  retryLater(remote: Remote | undefined, delayMs?: number): void;
  /** What failed before may work now: no delay counts any more. */
  retryNow(): void;
  stop(): void;
}

export function createDialing(deps: DialingDeps): Dialing {
  const { remotes, links, attempts, limits, timers, randomName, sizeOf, send } = deps;
  let stopTimer = (): void => undefined;

  function linkWith({ instance }: Remote): LinkEntry | undefined {
    return instance === undefined ? undefined : links.get(instance);
  }

  function hasPlace(): boolean {
    return links.size + attempts.size < limits.links;
  }

  /** Links of a room, those included that are being made. */
  function count(room: string): number {
    return links.count(room) + attempts.count(room);
  }

  /** Whether we know by which ids the server knows all that we are linked with, so that a stranger is none of them. */
  function everyLinkIsPlaced(): boolean {
    return [...links].every(({ instance }) => remotes.named(instance) !== undefined);
  }

  function mayDial(remote: Remote): boolean {
    return remote.ours && linkWith(remote) === undefined && attempts.with(remote) === undefined;
  }

  function dueAt(remote: Remote): number {
    return Math.max(remote.notBefore, remote.askedUntil);
  }

  function dial(remote: Remote, insists: boolean): void {
    if (attempts.dialled >= limits.attempts) return;
    if (hasPlace() || (insists && canExchange())) attempts.start(randomName(), remote, true, insists);
  }

  function canExchange(): boolean {
    if ([...attempts].some(({ insists }) => insists)) return false;
    return chooseDispensable(links, limits.stableMs, timers) !== undefined;
  }

  function tell(remote: Remote): void {
    const link = linkWith(remote);
    if (link === undefined) return;
    for (const room of remote.rooms) if (!remote.told.has(room)) send(remote, link.name, { kind: 'hello' }, room);
  }

  function dialAll(): void {
    stopTimer();
    let next = Number.POSITIVE_INFINITY;
    for (const remote of shuffled(remotes, timers.random)) {
      if (!mayDial(remote)) continue;
      const rooms = [...remote.rooms].filter((room) => wantsMore(count(room), sizeOf(room), limits.links));
      if (rooms.length === 0) continue;
      const due = dueAt(remote);
      if (due > timers.now()) next = Math.min(next, due);
      else
        dial(
          remote,
          rooms.some((room) => count(room) < insistentBelow(limits.links)),
        );
    }
    if (next < Number.POSITIVE_INFINITY) stopTimer = timers.after(next - timers.now(), dialAll);
  }

  return {
    hasPlace,
    canExchange,
    linkWith,
    named(remote) {
      remote.ours = true;
      if (linkWith(remote) !== undefined) tell(remote);
      else if (remote.instance === undefined && remote.told.size === 0 && !everyLinkIsPlaced()) {
        remote.askedUntil = timers.now() + limits.helloMs;
        send(remote, randomName(), { kind: 'hello' });
      }
    },
    tell,
    dialAll,
    exchange(room) {
      const others = [...remotes].filter(
        (remote) => remote.rooms.has(room) && mayDial(remote) && dueAt(remote) <= timers.now(),
      );
      const other = pick(others, timers.random);
      if (other !== undefined) dial(other, true);
    },
    retryLater(remote, delayMs) {
      if (remote !== undefined) remote.notBefore = timers.now() + (delayMs ?? remote.backoff.next());
      dialAll();
    },
    retryNow() {
      for (const remote of remotes) {
        remote.notBefore = 0;
        remote.backoff.reset();
      }
      dialAll();
    },
    stop: () => stopTimer(),
  };
}
