import type { PeerSnapshot, PoolStatus } from 'rxdb-p2p';
import { describe, expect, it } from 'vitest';
import {
  blockingProblem,
  canRetry,
  headline,
  peerMood,
  peerPhrase,
  routePhrase,
  sideNote,
  waiting,
  when,
} from './phrases.ts';

const peer = (phase: PeerSnapshot['phase'], extra: Partial<PeerSnapshot> = {}): PeerSnapshot => ({
  replica: 'k3Fa9aBc',
  phase,
  documentsToSend: 0,
  bytesToSend: 0,
  documentsToReceive: 0,
  bytesToReceive: 0,
  ...extra,
});

const status = (phase: PoolStatus['phase'], extra: Partial<PoolStatus> = {}): PoolStatus => ({
  phase,
  protection: 'secret',
  refusedSignals: 0,
  peers: [],
  writesWaiting: 0,
  conflicts: 0,
  quarantined: 0,
  ...extra,
});

describe('headline', () => {
  const view = { failed: false, online: true };

  it('counts devices that take part, not refused ones', () => {
    const peers = [peer('in-sync'), peer('refused', { code: 'SCHEMA_DIFFERS' }), peer('connecting')];
    const line = headline({ ...view, status: status('in-sync', { peers }) });
    expect(line).toEqual({ mood: 'good', title: 'Up to date', detail: 'This device and 1 other have the same notes.' });
  });

  it('does not call a person offline who is connected', () => {
    const line = headline({ ...view, online: false, status: status('in-sync', { peers: [peer('in-sync')] }) });
    expect(line.title).toBe('Up to date');
  });

  it('tells nobody there, no network and no server apart', () => {
    const problem = { code: 'SIGNALING_UNREACHABLE', message: 'no answer' };
    expect(headline({ ...view, status: status('alone') }).title).toBe('Nobody else is here');
    expect(headline({ ...view, online: false, status: status('alone') }).title).toBe('You are offline');
    expect(headline({ ...view, status: status('alone', { problem }) }).title).toBe('Cannot reach anyone');
  });

  it('says that it could not start before anything else', () => {
    expect(headline({ ...view, failed: true, status: undefined }).title).toBe('Sharing has stopped');
    expect(headline({ ...view, status: undefined }).title).toBe('Getting ready');
  });
});

describe('problems', () => {
  const down = { code: 'SIGNALING_UNREACHABLE', message: 'no answer' };
  const full = { code: 'STORAGE_FULL', message: 'no room', retryAt: 1 };
  const view = { failed: false, online: true };

  it('are shown in full where they keep people apart, and beside where nobody notices them', () => {
    const connected = status('in-sync', { peers: [peer('in-sync')], problem: down });
    expect(blockingProblem(connected)).toBeUndefined();
    expect(sideNote(connected)).toMatch(/cannot be used just now/);
    expect(headline({ ...view, status: connected }).title).toBe('Up to date');
    const alone = status('alone', { problem: down });
    expect(blockingProblem(alone)).toBe(down);
    expect(sideNote(alone)).toBeUndefined();
    const paused = status('paused', { problem: full });
    expect(blockingProblem(paused)).toBe(full);
    expect(headline({ ...view, status: paused }).title).toBe('No room left');
    expect(sideNote(status('in-sync'))).toBeUndefined();
  });

  it('offer to try again only what has stopped', () => {
    expect(canRetry({ ...view, status: status('in-sync') })).toBe(false);
    expect(canRetry({ ...view, status: undefined })).toBe(false);
    expect(canRetry({ ...view, status: status('failed', { problem: down }) })).toBe(true);
    expect(canRetry({ ...view, status: status('paused', { problem: full }) })).toBe(true);
    expect(canRetry({ ...view, failed: true, status: undefined })).toBe(true);
  });
});

describe('a long catch-up', () => {
  const view = { failed: false, online: true };
  const progress = { documentsDone: 400, documentsTotal: 900, bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0 };

  it('says how far it is, and how long it takes where that is known', () => {
    const detailOf = (more: object): string =>
      headline({ ...view, status: status('syncing', { progress: { ...progress, ...more } }) }).detail;
    expect(detailOf({})).toBe('400 of 900 notes.');
    expect(detailOf({ secondsLeft: 1 })).toBe('400 of 900 notes, about 1 second left.');
    expect(detailOf({ secondsLeft: 240 })).toBe('400 of 900 notes, about 4 minutes left.');
    expect(detailOf({ documentsTotal: 20 })).toBe('Connected, and changes are on their way.');
  });

  it('tells of a peer what is worth knowing of its connection', () => {
    expect(routePhrase(peer('in-sync'))).toBe('');
    expect(routePhrase(peer('in-sync', { route: 'direct', roundTripMs: 0.4 }))).toBe('1 ms');
    expect(routePhrase(peer('in-sync', { route: 'relay', roundTripMs: 80.2 }))).toBe('through a relay, 80 ms');
  });
});

describe('peers and waiting writes', () => {
  it('names only what is left to do', () => {
    expect(peerPhrase(peer('catching-up', { documentsToSend: 3 }))).toBe('catching up, 3 to send');
    expect(peerPhrase(peer('catching-up', { documentsToSend: 3, documentsToReceive: 12 }))).toBe(
      'catching up, 3 to send, 12 to receive',
    );
    expect(peerPhrase(peer('catching-up'))).toBe('catching up');
    expect(peerPhrase(peer('comparing'))).toBe('being compared');
    expect(peerPhrase(peer('refused', { code: 'SCHEMA_DIFFERS' }))).toBe(
      'refused: it runs another version of this page',
    );
    expect(peerPhrase(peer('refused', { code: 'TOO_MANY_CHANNELS' }))).toBe('refused: TOO_MANY_CHANNELS');
    expect(peerMood(peer('refused'))).toBe('bad');
  });

  it('counts in English', () => {
    expect(waiting(0)).toBe('Nothing is waiting to be sent.');
    expect(waiting(1)).toBe('1 change waiting to be sent.');
    expect(waiting(2)).toBe('2 changes waiting to be sent.');
  });

  it('gives the date of another day', () => {
    const now = new Date(2026, 10, 21, 12).getTime();
    const clock = when(now, now);
    expect(when(now - 86_400_000, now)).toContain(clock);
    expect(when(now - 86_400_000, now)).not.toBe(clock);
  });
});
