/** One edit until the other page's query has emitted it, beside the others' and the sum of what cannot be saved. */
import type { Turn } from '../browser/interleave.ts';
import type { Outcome } from '../browser/outcome.ts';
import type { SuiteResult } from '../report/result.ts';
import { formatNumber } from '../report/statistics.ts';
import { type Latencies, measureEditLatency, measureLocalEdits, measurePings } from '../scenarios/edit-latency.ts';
import type { Settings } from '../settings.ts';
import { OURS, RXDB, YJS } from './browser-candidates.ts';
import { runBrowserSuite } from './browser-suite.ts';

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

const PING = 'limit: data channel, there and back';
/** Milliseconds, about as from one edit to the next. */
const PAUSE_MS = 10;
const SINGLE_PING = `the same, ${PAUSE_MS} ms apart`;
const WRITE = 'limit: incrementalPatch in one page';
const WANTED_TIMES = 3;
/** On a machine that does other things. */
const QUICK_MARGIN = 4;
const TIMEOUT_MS = 90_000;

export function runEditLatency({ editLatency }: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { edits, rounds } = editLatency;
  return runBrowserSuite(
    {
      title: `One edit until the other page's query has emitted it, ${formatNumber(edits)} edits, ms`,
      columns: { p50: 'p50', p99: 'p99' },
      fine: ['p50', 'p99'],
      rounds,
      notes: [
        'Between two processes, 1 KB documents, one edit after the other; p50 and p99 of each round, medians of the rounds.',
        'The bar counts pings in a row, whose threads are awake. An edit finds them asleep, as a ping does that comes after a pause.',
        'Yjs tells its observers before it stores; RxDB stores in both pages first, and so does rxdb-p2p.',
      ],
      turns: (lab): Turn<Percentiles>[] => [
        { label: PING, measure: async () => percentiles(await measurePings(lab, edits, 0, TIMEOUT_MS)) },
        { label: SINGLE_PING, measure: async () => percentiles(await measurePings(lab, edits, PAUSE_MS, TIMEOUT_MS)) },
        { label: WRITE, measure: async () => percentiles(await measureLocalEdits(lab, edits, TIMEOUT_MS)) },
        ...[OURS, RXDB, YJS].map((candidate) => ({
          label: candidate.label,
          measure: async () => percentiles(await measureEditLatency(lab, candidate, edits, TIMEOUT_MS)),
        })),
      ],
      bars: (of) => {
        const own = of(OURS.label, 'p50');
        const limit = of(PING, 'p50') + of(WRITE, 'p50');
        return [
          {
            what: 'edit latency p50 beside RxDB',
            wanted: 'at most as long',
            got: `${formatNumber(own, 1)} ms beside ${formatNumber(of(RXDB.label, 'p50'), 1)}`,
            met: own <= of(RXDB.label, 'p50'),
            tolerated: own <= of(RXDB.label, 'p50') * QUICK_MARGIN,
          },
          {
            what: 'edit latency p50 beside ping and write',
            wanted: `at most ${WANTED_TIMES} times their sum`,
            got: `${formatNumber(own / limit, 1)} times`,
            met: own / limit <= WANTED_TIMES,
            tolerated: own / limit <= WANTED_TIMES * QUICK_MARGIN,
          },
        ];
      },
    },
    progress,
  );
}

function percentiles(outcome: Outcome<Latencies>): Outcome<Percentiles> {
  if ('failed' in outcome) return outcome;
  const sorted = outcome.figures.ms.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { figures: { p50: at(0.5), p99: at(0.99) } };
}
