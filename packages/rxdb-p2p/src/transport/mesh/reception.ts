/** What a signal of another transport does. All of it is hostile until it fits something that is under way here. */
import { equalBytes, P2PError } from '@rxdb-p2p/protocol';
import type { Timers } from '../../pool/timers.ts';
import type { Attempt, Attempts } from './attempts.ts';
import type { Dialing } from './dialing.ts';
import type { LinkEntry, LinkTable } from './link-table.ts';
import type { MeshLimits } from './mesh-limits.ts';
import type { Remote, Remotes } from './remotes.ts';
import type { IncomingSignal, Refusal, Sealing, SealLibrary } from './sealing.ts';
import type { SignalBody } from './signal-codec.ts';

export interface ReceptionDeps {
  /** name of this transport */
  readonly instance: string;
  readonly remotes: Remotes;
  readonly links: LinkTable;
  readonly attempts: Attempts;
  readonly dialing: Dialing;
  readonly limits: MeshLimits;
  readonly timers: Timers;
  readonly sealing: Sealing;
  readonly library: SealLibrary;
  /** An answer in a room. */
  readonly answer: (remote: Remote, name: string, body: SignalBody, room: string) => void;
  /** Says who we are, and asks the same. */
  readonly announce: (remote: Remote, room: string) => void;
  readonly share: (entry: LinkEntry, room: string) => void;
  /** a member is no longer known by this id */
  readonly left: (room: string, peer: string) => void;
  /** the other side could not connect with us */
  readonly unreachable: (attempt: Attempt) => void;
  /** the other end of a link has left a room */
  readonly unshare: (entry: LinkEntry, room: string) => void;
}

export interface Reception {
  /** Undefined when it was of use; otherwise it was dropped: of an earlier attempt, too much, or not from a member. */
  receive(room: string, from: string, data: string): Refusal | undefined;
}

export function createReception(deps: ReceptionDeps): Reception {
  const { instance, remotes, links, attempts, dialing, limits, sealing } = deps;
  const { now } = deps.timers;
  const answers = createQuota(limits.answersPerMinute, now);
  const welcomes = createQuota(limits.welcomesPerMinute, now);
  const displacements = createQuota(limits.displacementsPerMinute, now);

  function receive(room: string, from: string, data: string): Refusal | undefined {
    const signal = sealing.unseal(room, remotes.get(from), data);
    if (signal instanceof P2PError) {
      if (signal.code === 'SIGNAL_UNREADABLE') answerUnreadable(room, from);
      return signal;
    }
    if (signal === 'out of date') return signal;
    const taken = take(room, from, signal);
    if (taken instanceof P2PError) return taken;
    return taken ? undefined : 'out of date';
  }

  /** [SEAL-5] Whoever has another secret learns it from what we say, as we do from what it says. */
  function answerUnreadable(room: string, from: string): void {
    const remote = remotes.meet(room, from);
    if (remote !== undefined && !remote.told.has(room) && welcomes.take()) deps.announce(remote, room);
  }

  /** Whether it was of use. */
  function take(room: string, from: string, signal: IncomingSignal): boolean | P2PError {
    if (signal.instance === instance) return false;
    const remote = remotes.meet(room, from);
    // One socket has one transport, and so one name.
    if (remote === undefined || (remote.instance ?? signal.instance) !== signal.instance) return false;
    if (remote.instance === undefined) recognise(remote, signal.instance);
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

  /** It has lost its connection to the server and has come back, before the server has noticed. */
  function recognise(remote: Remote, name: string): void {
    remote.instance = name;
    for (const old of remotes.earlier(remote)) {
      remote.ours ||= old.ours;
      for (const room of [...old.rooms]) deps.left(room, old.peer);
    }
  }

  function introduce(remote: Remote, room: string, signal: IncomingSignal): boolean | P2PError {
    if (signal.kind === 'offer') return answer(remote, room, signal);
    if (signal.kind === 'present') {
      // One answer to each announcement: it cannot be told twice that the other one has come anew.
      if (remote.asked.get(room) !== signal.connection) return false;
      remote.asked.delete(room);
      meetSession(remote, room);
      dialing.introduced(remote);
      return true;
    }
    // [SEAL-3] Anybody can repeat an announcement. Answers use up what the server lets us send.
    if (now() - remote.lastHello < limits.spacingMs || !welcomes.take()) return false;
    remote.lastHello = now();
    meetSession(remote, room);
    deps.answer(remote, signal.connection, { kind: 'present' }, room);
    dialing.dialAll();
    return true;
  }

  /** What it says from now on is bound to this stay. */
  function meetSession(remote: Remote, room: string): void {
    const id = sealing.introduced;
    const known = remote.sessions.get(room);
    if (known !== undefined && equalBytes(known.id, id)) return;
    remote.sessions.set(room, { id, sent: 0, window: deps.library.emptyWindow() });
  }

  function answer(
    remote: Remote,
    room: string,
    signal: IncomingSignal & { readonly kind: 'offer' },
  ): boolean | P2PError {
    const { connection: name, fromDialler } = signal;
    if (!fromDialler) return false;
    if (attempts.named(name) !== undefined || links.named(name) !== undefined) return false;
    if (now() - remote.lastOffer < limits.spacingMs) return false;
    remote.lastOffer = now();
    const linked = dialing.linkWith(remote);
    if (linked?.connection.answers === true) {
      // Who has a link does not dial, so it has lost this one; or this is not who it claims to be. Its owner finds out.
      linked.link.doubt();
      deps.answer(remote, name, { kind: 'bye', why: 'linked' }, room);
      return true;
    }
    linked?.link.abandon();
    const own = attempts.with(remote);
    // Both dial, through one server or two. The other side comes to the same decision, as soon as it sees our offer;
    // unless that went to an id that it no longer has.
    const arrives = own !== undefined && remotes.get(own.remote.peer) !== undefined;
    if (own?.initiator === true && arrives && instance < signal.instance) return true;
    const place = own !== undefined || (attempts.answered < limits.attempts && dialing.hasPlace());
    const insists = !place && signal.insist === true && dialing.canExchange() && displacements.take();
    if (!(place || insists) || !answers.take()) {
      deps.answer(remote, name, { kind: 'bye', why: 'busy' }, room);
      return true;
    }
    if (own !== undefined) attempts.drop(own);
    const options = { initiator: false, insists: insists || own?.insists === true };
    const attempt = attempts.start(name, remote, room, options);
    const taken = attempt.connection.take(signal);
    if (taken === true) return true;
    attempts.drop(attempt);
    if (taken instanceof P2PError) deps.answer(remote, name, { kind: 'bye', why: 'failed' }, room);
    return taken;
  }

  /** By its id at the server or, when that has changed, by the name that it had said before. */
  function belongs(attempt: Attempt, remote: Remote): boolean {
    if (attempt.remote.peer !== remote.peer) return attempt.remote.instance === remote.instance;
    attempt.remote.instance ??= remote.instance;
    return true;
  }

  function continueAttempt(attempt: Attempt, signal: IncomingSignal): boolean | P2PError {
    if (signal.fromDialler === attempt.initiator) return false;
    if (signal.kind !== 'bye') {
      const taken = attempt.connection.take(signal);
      // With the event: the other side is told, and not dialled again at once.
      if (taken instanceof P2PError) attempt.connection.destroy();
      return taken;
    }
    attempts.drop(attempt);
    // Whichever side gives up first, both want to know.
    if (signal.why === 'failed') deps.unreachable(attempt);
    const remote = remotes.current(attempt.remote);
    // `linked`, and no link here: the other side has one that we have lost, and it will notice.
    if (remote !== undefined && dialing.linkWith(remote) === undefined) dialing.retryLater(remote);
    return true;
  }

  function continueLink(entry: LinkEntry, room: string, signal: IncomingSignal): boolean | P2PError {
    if (signal.fromDialler === entry.link.initiator) return false;
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
