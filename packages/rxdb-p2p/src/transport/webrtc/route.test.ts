import { describe, expect, it } from 'vitest';
import { routeIn } from './route.ts';

const candidates = [
  { id: 'host', type: 'local-candidate', candidateType: 'host' },
  { id: 'turn', type: 'local-candidate', candidateType: 'relay' },
  { id: 'far', type: 'remote-candidate', candidateType: 'srflx' },
  { id: 'far-turn', type: 'remote-candidate', candidateType: 'relay' },
];

function pair(id: string, local: string, remote: string, more: object = {}): { id: string } {
  const ids = { localCandidateId: local, remoteCandidateId: remote, transportId: 'T' };
  return { id, type: 'candidate-pair', ...ids, ...more } as { id: string };
}

const reportOf = (...entries: readonly { readonly id: string }[]): Map<string, unknown> =>
  new Map([...candidates, ...entries].map((entry) => [entry.id, entry]));

describe('the route of a connection', () => {
  it('is that of the pair which the transport names (Chromium)', () => {
    const transport = { id: 'T', type: 'transport', selectedCandidatePairId: 'used' };
    const unused = pair('unused', 'turn', 'far', { nominated: true, state: 'succeeded' });
    const used = pair('used', 'host', 'far', { currentRoundTripTime: 0.01234 });
    expect(routeIn(reportOf(transport, unused, used))).toEqual({ kind: 'direct', roundTripMs: 12.3 });
  });

  it('is that of the pair which says so (Firefox)', () => {
    const tried = pair('tried', 'host', 'far', { state: 'failed' });
    const used = pair('used', 'turn', 'far', { selected: true, currentRoundTripTime: 0.05 });
    expect(routeIn(reportOf(tried, used))).toEqual({ kind: 'relay', roundTripMs: 50 });
  });

  it('goes through a relay where either side has one', () => {
    const used = pair('used', 'host', 'far-turn', { nominated: true, state: 'succeeded' });
    expect(routeIn(reportOf(used))).toEqual({ kind: 'relay' });
  });

  it('has no time where the unit is unknown (node-datachannel), and is unknown where nothing is in use', () => {
    const used = pair('used', 'host', 'far', {
      ...{ nominated: true, state: 'succeeded', currentRoundTripTime: 3, transportId: undefined },
    });
    expect(routeIn(reportOf(used))).toEqual({ kind: 'direct' });
    expect(routeIn(reportOf())).toBeUndefined();
    expect(routeIn(reportOf(pair('tried', 'host', 'far', { state: 'in-progress' })))).toBeUndefined();
    expect(routeIn(reportOf({ id: 'T', type: 'transport', selectedCandidatePairId: 'gone' } as never))).toBeUndefined();
  });
});
