import type { PeerSnapshot, PoolStatus } from 'rxdb-p2p';
import { describe, expect, it } from 'vitest';
import {
  blockingProblem,
  headline,
  nextAction,
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
  peers: [],
  writesWaiting: 0,
  conflicts: 0,
  quarantined: 0,
  ...extra,
});

describe('headline', () => {
  const view = { paused: false, failed: false, online: true };

  it('counts devices that take part, not refused ones', () => {
    const peers = [peer('in-sync'), peer('refused', { code: 'SCHEMA_DIFFERS' }), peer('connecting')];
    const line = headline({ ...view, status: status('in-sync', { peers }) });
    expect(line).toEqual({ mood: 'good', title: 'In sync', detail: 'You and 1 other device hold the same list.' });
  });

  it('does not call a person offline who is connected', () => {
    const line = headline({ ...view, online: false, status: status('in-sync', { peers: [peer('in-sync')] }) });
    expect(line.title).toBe('In sync');
  });

  it('tells nobody there, no network and no server apart', () => {
    const problem = { code: 'SIGNALING_UNREACHABLE', message: 'no answer' };
    expect(headline({ ...view, status: status('alone') }).title).toBe('Nobody else is here');
    expect(headline({ ...view, online: false, status: status('alone') }).title).toBe('You are offline');
    expect(headline({ ...view, status: status('alone', { problem }) }).title).toBe('Cannot reach anyone');
  });

  it('says that sync is off before anything else', () => {
    expect(headline({ ...view, paused: true, status: status('in-sync') }).title).toBe('Sync is off');
    expect(headline({ ...view, failed: true, status: undefined }).title).toBe('Sync has stopped');
    expect(headline({ ...view, status: undefined }).title).toBe('Getting ready');
  });
});

describe('problems', () => {
  const down = { code: 'SIGNALING_UNREACHABLE', message: 'no answer' };
  const full = { code: 'STORAGE_FULL', message: 'no room', retryAt: 1 };
  const view = { paused: false, failed: false, online: true };

  it('are shown in full where they keep people apart, and beside where nobody notices them', () => {
    const connected = status('in-sync', { peers: [peer('in-sync')], problem: down });
    expect(blockingProblem(connected)).toBeUndefined();
    expect(sideNote(connected)).toMatch(/cannot be used just now/);
    expect(headline({ ...view, status: connected }).title).toBe('In sync');
    const alone = status('alone', { problem: down });
    expect(blockingProblem(alone)).toBe(down);
    expect(sideNote(alone)).toBeUndefined();
    const paused = status('paused', { problem: full });
    expect(blockingProblem(paused)).toBe(full);
    expect(headline({ ...view, status: paused }).title).toBe('No room left');
    expect(sideNote(status('in-sync'))).toBeUndefined();
  });

  it('offer to try again what has stopped, and to pause only what runs', () => {
    expect(nextAction({ ...view, status: status('in-sync') })).toBe('pause');
    expect(nextAction({ ...view, status: undefined })).toBe('pause');
    expect(nextAction({ ...view, paused: true, status: undefined })).toBe('resume');
    expect(nextAction({ ...view, status: status('failed', { problem: down }) })).toBe('retry');
    expect(nextAction({ ...view, status: status('paused', { problem: full }) })).toBe('retry');
    expect(nextAction({ ...view, failed: true, status: undefined })).toBe('retry');
  });
});

describe('a long catch-up', () => {
  const view = { paused: false, failed: false, online: true };
  const progress = { documentsDone: 400, documentsTotal: 900, bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0 };

  it('says how far it is, and how long it takes where that is known', () => {
    const detailOf = (more: object): string =>
      headline({ ...view, status: status('syncing', { progress: { ...progress, ...more } }) }).detail;
    expect(detailOf({})).toBe('400 of 900 items.');
    expect(detailOf({ secondsLeft: 1 })).toBe('400 of 900 items, about 1 second left.');
    expect(detailOf({ secondsLeft: 240 })).toBe('400 of 900 items, about 4 minutes left.');
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
    expect(peerPhrase(peer('comparing'))).toBe('holds something else, is compared');
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
