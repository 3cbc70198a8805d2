import type { PeerSnapshot, PoolStatus } from 'rxdb-p2p';
import { describe, expect, it } from 'vitest';
import { headline, peerMood, peerPhrase, waiting, when } from './phrases.ts';

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
