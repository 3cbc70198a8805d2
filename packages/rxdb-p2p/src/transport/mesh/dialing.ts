/** Whom we dial, and when: those whom the server has named to us, as many as we look for, unless we may know them already. */
import type { Timers } from '../../pool/timers.ts';
import type { Attempts } from './attempts.ts';
import { chooseDispensable, insistentBelow, pick, shuffled, wantsMore } from './choice.ts';
import type { LinkEntry, LinkTable } from './link-table.ts';
import type { MeshLimits } from './mesh-limits.ts';
import type { Remote, Remotes } from './remotes.ts';

export interface DialingDeps {
  readonly remotes: Remotes;
  readonly links: LinkTable;
  readonly attempts: Attempts;
  readonly limits: MeshLimits;
  readonly timers: Timers;
  readonly randomName: () => string;
  /** members of a room at the last count, this one included */
  readonly sizeOf: (room: string) => number;
  /** Announces this transport in a room. */
  readonly announce: (remote: Remote, name: string, room: string) => void;
}

export interface Dialing {
  /** Whether one more connection may be made. */
  hasPlace(): boolean;
  /** Whether one may be made in exchange for a link: for one attempt at a time. */
  canExchange(): boolean;
  linkWith(remote: Remote): LinkEntry | undefined;
  /** The server has named a member of a room: it is told that we share it, and asked who it is. */
  named(remote: Remote, room: string): void;
  /** Lets the other end of a link know all rooms that we share: it keeps the link for them. */
  tell(remote: Remote): void;
  /** A remote has answered, so that it can be dialled. */
  introduced(remote: Remote): void;
  /** Dials those who are due, in a random order and as many as wanted, and comes back for the others. */
  dialAll(): void;
  /** Dials one more member of a room, whatever number of links there is; the first that is introduced, if none is yet. */
  exchange(room: string): void;
  /** Not before a delay, milliseconds; by default the backoff's. */
  retryLater(remote: Remote | undefined, delayMs?: number): void;
  /** What failed before may work now: no delay counts any more. */
  retryNow(): void;
  /** Those, too, whom only their own delays would bring back: their links were ended here. */
  redial(): void;
  stop(): void;
}

export function createDialing(deps: DialingDeps): Dialing {
  const { remotes, links, attempts, limits, timers, randomName, sizeOf, announce } = deps;
  let stopTimer = (): void => undefined;
  let nextAt = Number.POSITIVE_INFINITY;
  /** a room in which a link is to be exchanged for one with the next member that answers */
  let exchanging: { readonly room: string; readonly until: number } | undefined;

  function linkWith({ instance }: Remote): LinkEntry | undefined {
    return instance === undefined ? undefined : links.get(instance);
  }

  function hasPlace(): boolean {
    return links.size - links.spare.length + attempts.size < limits.links;
  }

  /** Links of a room, those included that are being made. */
  function count(room: string): number {
    return links.count(room) + attempts.count(room);
  }

  function mayDial(remote: Remote): boolean {
    return remote.ours && linkWith(remote) === undefined && attempts.with(remote) === undefined;
  }

  function dueAt(remote: Remote): number {
    return Math.max(remote.notBefore, remote.askedUntil);
  }

  function dial(remote: Remote, insists: boolean): void {
    // To a remote that has not said its session nothing can be said but who we are.
    const [room] = remote.sessions.keys();
    if (room === undefined) {
      askAll(remote);
      return;
    }
    if (attempts.dialled >= limits.attempts) return;
    if (hasPlace() || (insists && canExchange()))
      attempts.start(randomName(), remote, room, { initiator: true, insists });
  }

  function askAll(remote: Remote): void {
    remote.askedUntil = timers.now() + Math.max(limits.helloMs, remote.backoff.next());
    for (const room of remote.rooms) announce(remote, randomName(), room);
    later(remote.askedUntil);
  }

  /** Comes back when a remote is due, if nothing brings us back before. */
  function later(at: number): void {
    if (at >= nextAt) return;
    stopTimer();
    nextAt = at;
    stopTimer = timers.after(Math.max(0, at - timers.now()), dialAll);
  }

  function canExchange(): boolean {
    if ([...attempts].some(({ insists }) => insists)) return false;
    return chooseDispensable(links, limits.stableMs, timers) !== undefined;
  }

  function tell(remote: Remote): void {
    const link = linkWith(remote);
    if (link === undefined) return;
    for (const room of remote.rooms) if (!remote.told.has(room)) announce(remote, link.name, room);
  }

  function dialAll(): void {
    stopTimer();
    nextAt = Number.POSITIVE_INFINITY;
    for (const remote of shuffled(remotes, timers.random)) {
      if (!mayDial(remote)) continue;
      const rooms = [...remote.rooms].filter((room) => wantsMore(count(room), sizeOf(room), limits.links));
      if (rooms.length === 0) continue;
      const due = dueAt(remote);
      if (due > timers.now()) later(due);
      else
        dial(
          remote,
          rooms.some((room) => count(room) < insistentBelow(limits.links)),
        );
    }
  }

  function retryNow(): void {
    for (const remote of remotes) {
      remote.notBefore = 0;
      remote.backoff.reset();
    }
    dialAll();
  }

  return {
    hasPlace,
    canExchange,
    linkWith,
    named(remote, room) {
      remote.ours = true;
      if (linkWith(remote) !== undefined) tell(remote);
      else if (!remote.sessions.has(room) && !remote.asked.has(room)) {
        // Who is busy, or has lost our word, is asked again by `dialAll`.
        remote.askedUntil = timers.now() + limits.helloMs;
        announce(remote, randomName(), room);
      }
    },
    tell,
    dialAll,
    exchange(room) {
      const others = [...remotes].filter(
        (remote) => remote.rooms.has(room) && mayDial(remote) && dueAt(remote) <= timers.now(),
      );
      const other = pick(
        others.filter(({ sessions }) => sessions.size > 0),
        timers.random,
      );
      if (other !== undefined) dial(other, true);
      else exchanging = { room, until: timers.now() + limits.helloMs };
    },
    introduced(remote) {
      remote.askedUntil = 0;
      const isWanted = exchanging !== undefined && timers.now() < exchanging.until && remote.rooms.has(exchanging.room);
      if (isWanted && mayDial(remote)) {
        exchanging = undefined;
        dial(remote, true);
      }
      dialAll();
    },
    retryLater(remote, delayMs) {
      if (remote !== undefined) remote.notBefore = timers.now() + (delayMs ?? remote.backoff.next());
      dialAll();
    },
    retryNow,
    redial() {
      for (const remote of remotes) if (remote.refused) remote.ours = true;
      retryNow();
    },
    stop() {
      stopTimer();
      nextAt = Number.POSITIVE_INFINITY;
    },
  };
}
