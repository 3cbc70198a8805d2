/** What a signal of another transport does. All of it is hostile until it fits something that is under way here. */
import type { Timers } from '../../pool/timers.ts';
import type { Attempt, Attempts } from './attempts.ts';
import type { Dialing } from './dialing.ts';
import type { LinkEntry, LinkTable } from './link-table.ts';
import type { MeshLimits } from './mesh-limits.ts';
import type { Remote, Remotes } from './remotes.ts';
import { decodeSignal, type Signal, type SignalBody } from './signal-codec.ts';

export interface ReceptionDeps {
  /** name of this transport */
  readonly instance: string;
  readonly remotes: Remotes;
  readonly links: LinkTable;
  readonly attempts: Attempts;
  readonly dialing: Dialing;
  readonly limits: MeshLimits;
  readonly timers: Timers;
  readonly send: (remote: Remote, name: string, body: SignalBody, room?: string) => void;
  readonly share: (entry: LinkEntry, room: string) => void;
  /** the other end of a link has left a room */
  readonly unshare: (entry: LinkEntry, room: string) => void;
}

export interface Reception {
  /** False when the signal was of no use: not understood, of an earlier attempt, or too much. */
  receive(room: string, from: string, data: string): boolean;
}

export function createReception(deps: ReceptionDeps): Reception {
  const { instance, remotes, links, attempts, dialing, limits, send } = deps;
  const { now } = deps.timers;
  const answers = createQuota(limits.answersPerMinute, now);
  const displacements = createQuota(limits.displacementsPerMinute, now);

  function receive(room: string, from: string, data: string): boolean {
    const signal = decodeSignal(data);
    if (signal === undefined || signal.instance === instance) return false;
    const remote = remotes.meet(room, from);
    // One socket has one transport, and so one name.
    if (remote === undefined || (remote.instance ?? signal.instance) !== signal.instance) return false;
    remote.instance = signal.instance;
    const linked = links.get(signal.instance);
    switch (signal.kind) {
      case 'hello':
      case 'present':
      case 'offer':
        if (linked !== undefined) deps.share(linked, room);
        return introduce(remote, room, signal);
    }
    const attempt = attempts.named(signal.connection);
    if (attempt !== undefined && belongs(attempt, remote)) return continueAttempt(attempt, signal);
    return linked?.name === signal.connection && continueLink(linked, room, signal);
  }

  function introduce(remote: Remote, room: string, signal: Signal): boolean {
    if (signal.kind === 'offer') return answer(remote, room, signal);
    if (signal.kind === 'present') {
      remote.askedUntil = 0;
      dialing.dialAll();
      return true;
    }
    // Answers use up what the server lets us send.
    if (now() - remote.lastHello < limits.spacingMs) return false;
    remote.lastHello = now();
    send(remote, signal.connection, { kind: 'present' }, room);
    return true;
  }

  function answer(remote: Remote, room: string, signal: Signal & { readonly kind: 'offer' }): boolean {
    const { connection: name } = signal;
    if (attempts.named(name) !== undefined || links.named(name) !== undefined) return false;
    if (now() - remote.lastOffer < limits.spacingMs) return false;
    remote.lastOffer = now();
    const linked = dialing.linkWith(remote);
    if (linked?.connection.answers === true) {
      // Who has a link does not dial, so it has lost this one; or this is not who it claims to be. Its owner finds out.
      linked.link.doubt();
      send(remote, name, { kind: 'bye', why: 'linked' }, room);
      return true;
    }
    linked?.link.abandon();
    const own = attempts.with(remote);
    // Both dial. The other side comes to the same decision, as soon as it sees our offer.
    if (own?.initiator === true && own.remote.peer === remote.peer && instance < signal.instance) return true;
    const place = own !== undefined || (attempts.answered < limits.attempts && dialing.hasPlace());
    const insists = !place && signal.insist === true && dialing.canExchange() && displacements.take();
    if (!(place || insists) || !answers.take()) {
      send(remote, name, { kind: 'bye', why: 'busy' }, room);
      return true;
    }
    if (own !== undefined) attempts.drop(own);
    const attempt = attempts.start(name, remote, false, insists || own?.insists === true);
    if (attempt.connection.take(signal)) return true;
    attempts.drop(attempt);
    return false;
  }

  /** By its id at the server or, when that has changed, by the name that it had said before. */
  function belongs(attempt: Attempt, remote: Remote): boolean {
    if (attempt.remote.peer !== remote.peer) return attempt.remote.instance === remote.instance;
    attempt.remote.instance ??= remote.instance;
    return true;
  }

  function continueAttempt(attempt: Attempt, signal: Signal): boolean {
    if (signal.kind !== 'bye') return attempt.connection.take(signal);
    attempts.drop(attempt);
    const remote = remotes.current(attempt.remote);
    // `linked`, and no link here: the other side has one that we have lost, and it will notice.
    if (remote !== undefined && dialing.linkWith(remote) === undefined) dialing.retryLater(remote);
    return true;
  }

  function continueLink(entry: LinkEntry, room: string, signal: Signal): boolean {
    switch (signal.kind) {
      case 'candidate':
        return entry.connection.take(signal);
      case 'bye':
        entry.link.abort('connection lost, as the other side says');
        return true;
      case 'leave':
        deps.unshare(entry, room);
        return true;
      default:
        return false;
    }
  }

  return { receive };
}

/** So many times in a minute. */
function createQuota(perMinute: number, now: () => number): { take(): boolean } {
  let began = now();
  let taken = 0;
  return {
    take() {
      if (now() - began >= 60_000) {
        began = now();
        taken = 0;
      }
      taken += 1;
      return taken <= perMinute;
    },
  };
}
