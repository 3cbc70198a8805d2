/** Connections that are being made. Each has a random name, given by the side that dials, that its signals carry. */
import type { Timers } from '../../pool/timers.ts';
import type { PeerConnection, PeerConnectionEvents } from '../webrtc/peer-connection.ts';
import type { Remote } from './remotes.ts';
import type { SignalBody } from './signal-codec.ts';

export interface Attempt {
  readonly name: string;
  readonly remote: Remote;
  /** the room in which it is made: its topic proves who is at the other end */
  readonly room: string;
  /** rooms of ours in which the remote was when it began */
  readonly rooms: Set<string>;
  readonly initiator: boolean;
  /** Whether a link makes room for it where there is no place. */
  readonly insists: boolean;
  readonly connection: PeerConnection;
}

export interface Attempts extends Iterable<Attempt> {
  readonly size: number;
  /** being made by us, and by others */
  readonly dialled: number;
  readonly answered: number;
  /** for a room */
  count(room: string): number;
  named(name: string): Attempt | undefined;
  /** With a remote, or with the transport of this name, whichever way the server knows it. */
  with(remote: Remote): Attempt | undefined;
  start(name: string, remote: Remote, room: string, options: AttemptOptions): Attempt;
  /** Drops those of these that the other side has not answered by now: it never will. */
  dropUnanswered(where: (attempt: Attempt) => boolean): void;
  /** Ends an attempt without any event. */
  drop(attempt: Attempt): void;
  dropAll(): void;
}

export type AttemptOptions = Pick<Attempt, 'initiator' | 'insists'>;

export interface AttemptEvents {
  onSignal(attempt: Attempt, body: SignalBody): void;
  onOpen(attempt: Attempt): void;
  onFailed(attempt: Attempt, error: Error | undefined): void;
  /** An attempt that had opened has ended. */
  onEnd(attempt: Attempt, error: Error | undefined): void;
  /** The other side of one that had opened does not answer just now. */
  onDoubt(attempt: Attempt): void;
}

export function createAttempts(
  connect: (initiator: boolean, events: PeerConnectionEvents) => PeerConnection,
  timeoutMs: number,
  timers: Timers,
  events: AttemptEvents,
): Attempts {
  const attempts = new Map<string, { readonly attempt: Attempt; readonly stopTimer: () => void }>();

  /** Returns whether it was still being made. */
  function remove(attempt: Attempt): boolean {
    const entry = attempts.get(attempt.name);
    if (entry?.attempt !== attempt) return false;
    entry.stopTimer();
    return attempts.delete(attempt.name);
  }

  function count(initiator: boolean): number {
    let found = 0;
    for (const { attempt } of attempts.values()) if (attempt.initiator === initiator) found += 1;
    return found;
  }

  function start(name: string, remote: Remote, room: string, { initiator, insists }: AttemptOptions): Attempt {
    let opened = false;
    const connection = connect(initiator, {
      onSignal: (body) => events.onSignal(attempt, body),
      onOpen() {
        opened = remove(attempt);
        if (opened) events.onOpen(attempt);
      },
      onEnd(error) {
        if (opened) events.onEnd(attempt, error);
        else if (remove(attempt)) events.onFailed(attempt, error);
      },
      onDoubt() {
        if (opened) events.onDoubt(attempt);
      },
    });
    const attempt: Attempt = { name, remote, room, rooms: new Set(remote.rooms), initiator, insists, connection };
    attempts.set(name, { attempt, stopTimer: timers.after(timeoutMs, connection.destroy) });
    return attempt;
  }

  function drop(attempt: Attempt): void {
    if (remove(attempt)) attempt.connection.destroy();
  }

  return {
    [Symbol.iterator]: () => [...attempts.values()].map(({ attempt }) => attempt)[Symbol.iterator](),
    get size() {
      return attempts.size;
    },
    get dialled() {
      return count(true);
    },
    get answered() {
      return count(false);
    },
    count: (room) => [...attempts.values()].filter(({ attempt }) => attempt.rooms.has(room)).length,
    named: (name) => attempts.get(name)?.attempt,
    with(remote) {
      for (const { attempt } of attempts.values()) {
        const { peer, instance } = attempt.remote;
        if (peer === remote.peer || (instance !== undefined && instance === remote.instance)) return attempt;
      }
      return undefined;
    },
    start,
    drop,
    dropUnanswered(where) {
      for (const { attempt } of [...attempts.values()]) {
        if (!attempt.connection.described && where(attempt)) drop(attempt);
      }
    },
    dropAll() {
      for (const { attempt } of [...attempts.values()]) drop(attempt);
    },
  };
}
