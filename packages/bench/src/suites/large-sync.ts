/** A first sync of 100,000 documents beside the others, and beside a smaller one of ours: does it end, and does it scale? */
import type { Turn } from '../browser/interleave.ts';
import type { Candidate } from '../browser/peers.ts';
import type { SuiteResult } from '../report/result.ts';
import { formatNumber } from '../report/statistics.ts';
import { measureStorageLimit } from '../scenarios/browser-limits.ts';
import { type LargeSync, measureLargeSync } from '../scenarios/large-sync.ts';
import type { Settings } from '../settings.ts';
import { OURS, RXDB, YJS } from './browser-candidates.ts';
import { runBrowserSuite } from './browser-suite.ts';

/** The fastest of RxDB's batch sizes for so many documents. */
const RXDB_BEST: Candidate = { label: 'RxDB, batches of 5000', system: 'rxdb', batchSize: 5_000 };
const LIMIT = "limit: the page's own bulkInsert";

/** Milliseconds that ours may take, inserting and comparing included; RxDB's best has what is left then of a case. */
const OWN_TIMEOUT_MS = 130_000;
/** RxDB's default would take ten minutes, y-webrtc never ends: neither is waited for, and both are shown as failing. */
const OTHER_TIMEOUT_MS = 30_000;
const OTHERS: readonly Candidate[] = [RXDB, YJS];

/** Of the time for each 10,000 documents in the smaller sync: connecting counts there, larger indexes here. */
const WANTED_GROWTH = 1.5;
/** What stays of each document is its record in the journal, which has a bar of its own; */
const RECORD_MB = 500 / 1e6;
/** the rest is batches that are under way, and garbage, whatever the number of documents. */
const MOVING_MB = 64;
const DOCUMENT_MB = 1_024 / 1e6;

export function runLargeSync({ largeSync }: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { documents, beside } = largeSync;
  const nameOf = (label: string, count: number): string => `${label}, ${formatNumber(count)}`;
  const own = nameOf(OURS.label, documents);
  const smaller = nameOf(OURS.label, beside);
  return runBrowserSuite(
    {
      title: `Initial sync of ${formatNumber(documents)} documents of 1 KB, Dexie to Dexie`,
      columns: {
        seconds: 's',
        secondsPerTenThousand: 's for each 10,000',
        senderMb: 'sender, MB at most',
        receiverMb: 'receiver, MB at most',
      },
      fine: ['seconds', 'secondsPerTenThousand', 'senderMb', 'receiverMb'],
      rounds: 1,
      notes: [
        'MB: growth of what JavaScript holds in a page, garbage included, at its peak; documents that a page has inserted before count not.',
        `The documents themselves are ${formatNumber(documents * DOCUMENT_MB)} MB. Whoever has not ended in time has failed.`,
      ],
      turns: (lab): Turn<LargeSync>[] => {
        const turn = (candidate: Candidate, count: number, timeoutMs: (leftMs: number) => number): Turn<LargeSync> => ({
          label: nameOf(candidate.label, count),
          measure: (leftMs) => measureLargeSync(lab, candidate, 'both start', count, timeoutMs(leftMs)),
        });
        return [
          {
            label: nameOf(LIMIT, documents),
            async measure() {
              const limit = await measureStorageLimit(lab, 'bulkInsert', documents);
              if ('failed' in limit) return limit;
              const seconds = limit.figures.ms / 1_000;
              const secondsPerTenThousand = (seconds * 10_000) / documents;
              return { figures: { seconds, secondsPerTenThousand, senderMb: Number.NaN, receiverMb: Number.NaN } };
            },
          },
          turn(OURS, beside, () => OWN_TIMEOUT_MS),
          turn(OURS, documents, () => OWN_TIMEOUT_MS),
          turn(RXDB_BEST, documents, (leftMs) => leftMs - OTHERS.length * OTHER_TIMEOUT_MS),
          ...OTHERS.map((candidate) => turn(candidate, documents, () => OTHER_TIMEOUT_MS)),
        ];
      },
      bars(of) {
        const growth = of(own, 'secondsPerTenThousand') / of(smaller, 'secondsPerTenThousand');
        const held = Math.max(of(own, 'senderMb'), of(own, 'receiverMb'));
        const allowed = documents * RECORD_MB + MOVING_MB;
        const seconds = of(own, 'seconds');
        return [
          {
            what: `${formatNumber(documents)} documents arrive`,
            wanted: `within ${OWN_TIMEOUT_MS / 1_000} s, inserting and comparing included`,
            got: `${formatNumber(seconds, 1)} s`,
            met: Number.isFinite(seconds),
          },
          {
            what: `time for each 10,000, beside a sync of ${formatNumber(beside)}`,
            wanted: `at most ${WANTED_GROWTH} times`,
            got: `${formatNumber(growth, 2)} times`,
            met: growth <= WANTED_GROWTH,
          },
          {
            what: 'memory of either page, at most',
            wanted: `under ${formatNumber(allowed)} MB: records, and ${MOVING_MB} for what is under way`,
            got: `${formatNumber(held)} MB`,
            met: held < allowed,
          },
        ];
      },
    },
    progress,
  );
}
