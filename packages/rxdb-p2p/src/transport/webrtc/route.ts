/** How a peer connection goes through the network, by its statistics (W3C webrtc-stats). Pure. */
import type { LinkRoute } from '../port.ts';

interface Pair {
  readonly type: 'candidate-pair';
  readonly localCandidateId: string;
  readonly remoteCandidateId: string;
  readonly state?: string;
  readonly nominated?: boolean;
  /** Firefox */
  readonly selected?: boolean;
  /** seconds; milliseconds in node-datachannel, which names no transport */
  readonly currentRoundTripTime?: number;
  readonly transportId?: string;
}

/** The part of an `RTCStatsReport` that is read here. */
export interface StatsReport {
  get(id: string): unknown;
  values(): IterableIterator<unknown>;
}

/** @returns undefined: no pair of candidates is in use */
export function routeIn(report: StatsReport): LinkRoute | undefined {
  const pair = selectedPair(report);
  if (pair === undefined) return undefined;
  const relayed = [pair.localCandidateId, pair.remoteCandidateId].some((id) => {
    const candidate = report.get(id) as { readonly candidateType?: string } | undefined;
    return candidate?.candidateType === 'relay';
  });
  const seconds = pair.transportId === undefined ? undefined : pair.currentRoundTripTime;
  const roundTrip = seconds === undefined ? {} : { roundTripMs: Math.round(seconds * 10_000) / 10 };
  return { kind: relayed ? 'relay' : 'direct', ...roundTrip };
}

/** Browsers say it in three ways. */
function selectedPair(report: StatsReport): Pair | undefined {
  const all = [...report.values()] as readonly { readonly type: string; readonly selectedCandidatePairId?: string }[];
  const named = all.find(({ type }) => type === 'transport')?.selectedCandidatePairId;
  if (named !== undefined) return report.get(named) as Pair | undefined;
  const pairs = all.filter((entry): entry is Pair => entry.type === 'candidate-pair');
  return (
    pairs.find(({ selected }) => selected === true) ??
    pairs.find(({ nominated, state }) => nominated === true && state === 'succeeded')
  );
}
