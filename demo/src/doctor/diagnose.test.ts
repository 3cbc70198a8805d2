import type { PeerSnapshot, PoolStatus } from 'rxdb-p2p';
import { describe, expect, it } from 'vitest';
import { diagnose } from './diagnose.ts';
import type { Facts } from './facts.ts';
import { report } from './report.ts';

const status: PoolStatus = {
  ...{ phase: 'alone', peers: [], writesWaiting: 0, conflicts: 0, quarantined: 0, notInSync: 'no-peer' },
  ...{ protection: 'secret', refusedSignals: 0 },
};
const facts = (change: Partial<Facts> = {}): Facts => ({
  ...{
    online: true,
    server: 'ok',
    clockOffsetMs: 0,
    selfTest: true,
    addresses: ['host'],
    hasStun: false,
    hasTurn: false,
  },
  ...{ status, codes: [], roomCode: '123 456', persisted: true },
  ...change,
});
const peer = (phase: PeerSnapshot['phase'], code?: string): PeerSnapshot => ({
  ...{ replica: 'abcdefghij', phase, documentsToSend: 0, bytesToSend: 0, documentsToReceive: 0, bytesToReceive: 0 },
  ...(code === undefined ? {} : { code }),
});
const worst = (change: Partial<Facts>): string => {
  const [first] = diagnose(facts(change));
  return `${first?.id} ${first?.state}: ${first?.title} ${first?.text}`;
};

describe('the doctor', () => {
  it('says one thing first, whatever keeps devices apart', () => {
    expect(worst({ online: false })).toMatch(/^network bad/);
    expect(worst({ server: 'silent' })).toMatch(/^server bad: .*does not answer/);
    expect(worst({ server: 'something-else' })).toMatch(/^server bad: Something else answers/);
    expect(worst({ selfTest: undefined })).toMatch(/^browser bad: This browser cannot/);
    expect(worst({ selfTest: false })).toMatch(/^browser bad: This browser blocks/);
    expect(worst({ clockOffsetMs: -7_200_000 })).toMatch(/^clock bad: .*120 min slow/);
    expect(worst({ codes: ['CLOCK_DIFFERS'] })).toMatch(/^clock bad: Another device/);
    expect(worst({ codes: ['VERSION_UNSUPPORTED'] })).toMatch(/^version bad/);
    expect(worst({ status: { ...status, peers: [peer('refused', 'SCHEMA_DIFFERS')] } })).toMatch(/^version bad/);
    expect(worst({ codes: ['PEER_UNREACHABLE'] })).toMatch(/^others bad: .*no way to it.*no relay/);
    expect(worst({ codes: ['PEER_UNREACHABLE'], hasTurn: true, addresses: ['relay'] })).toMatch(/every way to it/);
    expect(worst({ codes: ['SIGNAL_UNREADABLE'] })).toMatch(/^others bad: .*another key/);
    expect(worst({})).toMatch(/^others unclear: Nobody else.*123 456/);
    expect(worst({ status: { ...status, peers: [peer('in-sync')] }, codes: ['PEER_UNREACHABLE'] })).toMatch(/ good: /);
    const problem = { code: 'SIGNALING_REFUSED', message: 'no' };
    expect(worst({ status: { ...status, problem } })).toMatch(/^server bad: .*does not let/);
  });

  it('repeats no text of an error in its report', () => {
    const problem = { code: 'SIGNALING_REFUSED', message: 'https://signal.example/?token=hidden' };
    const all = facts({ status: { ...status, problem, replica: 'whole replica id', peers: [peer('in-sync')] } });
    const text = report(all, diagnose(all), new Date(0), 'a browser');
    expect(text).toContain('SIGNALING_REFUSED');
    expect(text).not.toMatch(/hidden|signal\.example|abcdefghij|whole replica/);
  });
});
