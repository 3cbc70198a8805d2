/** The pool's state in words for people who never heard of a replica. */
import type { ConflictVersion, PeerSnapshot, PoolPhase, PoolProblem, PoolStatus, SyncProgress } from 'rxdb-p2p';
import type { Note } from '../schemas.ts';

/** Characters of a replica's or an actor's id that tell a handful of devices apart. */
const SHORT_NAME_CHARACTERS = 4;

/** Items of a catch-up that takes long enough for somebody to wonder how long. */
const LONG_CATCH_UP = 500;

/** How things stand, from the view of somebody who waits. */
export type Mood = 'good' | 'busy' | 'quiet' | 'bad';

export interface Headline {
  readonly mood: Mood;
  readonly title: string;
  readonly detail: string;
}

export interface SyncView {
  /** undefined: not started yet */
  readonly status: PoolStatus | undefined;
  /** Whether sync could not be started. */
  readonly failed: boolean;
  /** Whether this device says it has a network. */
  readonly online: boolean;
}

export function headline({ status, failed, online }: SyncView): Headline {
  if (failed) return HEADLINES.failed;
  if (status === undefined) return HEADLINES.starting;
  if (status.phase === 'alone' && !online) {
    return { mood: 'quiet', title: 'You are offline', detail: 'Carry on: changes are kept here and sent later.' };
  }
  if (status.phase === 'alone' && status.problem !== undefined) {
    return { mood: 'bad', title: 'Cannot reach anyone', detail: 'Changes are kept here. Trying again by itself.' };
  }
  if (status.phase === 'in-sync') {
    const others = connected(status.peers);
    return { ...HEADLINES['in-sync'], detail: `This device and ${count(others, 'other')} have the same notes.` };
  }
  if (status.phase === 'paused' && status.problem?.code === 'STORAGE_FULL') {
    return {
      ...HEADLINES.paused,
      title: 'No room left',
      detail: 'What is here stays. It goes on when there is room.',
    };
  }
  if (status.progress !== undefined && status.progress.documentsTotal >= LONG_CATCH_UP) {
    return { ...HEADLINES.syncing, detail: progressPhrase(status.progress) };
  }
  return HEADLINES[status.phase];
}

function progressPhrase({ documentsDone, documentsTotal, secondsLeft }: SyncProgress): string {
  const done = `${documentsDone.toLocaleString()} of ${count(documentsTotal, 'note')}`;
  return secondsLeft === undefined ? `${done}.` : `${done}, about ${duration(secondsLeft)} left.`;
}

function duration(seconds: number): string {
  return seconds < 90 ? count(seconds, 'second') : count(Math.round(seconds / 60), 'minute');
}

/** What stops sync, or keeps everybody away: to be shown in full. */
export function blockingProblem({ phase, problem }: PoolStatus): PoolProblem | undefined {
  return phase === 'alone' || phase === 'paused' || phase === 'failed' ? problem : undefined;
}

/** A problem that those who are connected do not notice. */
export function sideNote(status: PoolStatus): string | undefined {
  if (status.problem === undefined || blockingProblem(status) !== undefined) return undefined;
  return 'The server that introduces devices cannot be used just now. Those who are connected go on.';
}

const HEADLINES: Readonly<Record<PoolPhase, Headline>> = {
  starting: {
    mood: 'quiet',
    title: 'Getting ready',
    detail: 'Opening the board.',
  },
  alone: {
    mood: 'quiet',
    title: 'Nobody else is here',
    detail: 'Changes are kept here until another device comes.',
  },
  syncing: { mood: 'busy', title: 'Catching up', detail: 'Connected, and changes are on their way.' },
  'in-sync': { mood: 'good', title: 'Up to date', detail: 'All devices that are here have the same notes.' },
  paused: { mood: 'bad', title: 'Waiting for storage', detail: 'Changes are kept here. Trying again by itself.' },
  failed: { mood: 'bad', title: 'Sharing has stopped', detail: 'Changes are kept here. See below what to do.' },
  cancelled: { mood: 'quiet', title: 'Closed', detail: 'Changes stay on this device.' },
};

/** Whether a person can start it again, where it does not do so by itself. */
export function canRetry({ status, failed }: Omit<SyncView, 'online'>): boolean {
  return failed || status?.phase === 'failed' || status?.phase === 'paused';
}

export function waiting(writesWaiting: number): string {
  return writesWaiting === 0
    ? 'Nothing is waiting to be sent.'
    : `${count(writesWaiting, 'change')} waiting to be sent.`;
}

export function connected(peers: readonly PeerSnapshot[]): number {
  return peers.filter((peer) => peer.phase !== 'connecting' && peer.phase !== 'refused').length;
}

export function peerMood(peer: PeerSnapshot): Mood {
  if (peer.phase === 'refused') return 'bad';
  return peer.phase === 'in-sync' || peer.phase === 'acknowledged' ? 'good' : 'busy';
}

export function peerPhrase(peer: PeerSnapshot): string {
  switch (peer.phase) {
    case 'connecting':
      return 'connecting';
    case 'in-sync':
      return 'up to date';
    case 'acknowledged':
      return 'has all of yours';
    case 'refused':
      return `refused: ${REFUSALS.get(peer.code ?? '') ?? peer.code ?? 'no reason given'}`;
    case 'comparing':
      return 'being compared';
    case 'catching-up': {
      const left = [
        peer.documentsToSend > 0 ? `${peer.documentsToSend} to send` : '',
        peer.documentsToReceive > 0 ? `${peer.documentsToReceive} to receive` : '',
      ].filter((part) => part !== '');
      return left.length === 0 ? 'catching up' : `catching up, ${left.join(', ')}`;
    }
  }
}

/** How its connection goes, as far as it is known. */
export function routePhrase({ route, roundTripMs }: PeerSnapshot): string {
  const time = roundTripMs === undefined ? '' : `${Math.max(1, Math.round(roundTripMs))} ms`;
  return [route === 'relay' ? 'through a relay' : '', time].filter((part) => part !== '').join(', ');
}

/** A map, since a code may come from another device: no name in it reaches a prototype. */
const REFUSALS: ReadonlyMap<string, string> = new Map([
  ['SCHEMA_DIFFERS', 'it runs another version of this page'],
  ['SCHEMA_VERSION_DIFFERS', 'it runs another version of this page'],
  ['MERGE_MODE_DIFFERS', 'it runs another version of this page'],
  ['NOT_ALLOWED', 'it may not take part'],
]);

export function shortName(id: string): string {
  return id.slice(0, SHORT_NAME_CHARACTERS);
}

/** Today's times without the date. */
export function when(time: number, now: number = Date.now()): string {
  const date = new Date(time);
  const clock = date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
  if (date.toDateString() === new Date(now).toDateString()) return clock;
  return `${date.toLocaleDateString([], { day: 'numeric', month: 'short' })}, ${clock}`;
}

export function count(n: number, noun: string): string {
  return `${n.toLocaleString()} ${noun}${n === 1 ? '' : 's'}`;
}

/** Who wrote a version, as far as people can tell devices apart. @param writers names by what devices sign with */
export function writerOf({ own, document }: ConflictVersion<Note>, writers: ReadonlyMap<string, string>): string {
  const name = writers.get(document.by ?? '');
  if (own) return 'This device';
  return name ?? 'Another device';
}
