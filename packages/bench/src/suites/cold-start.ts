/** A page with many synced documents is loaded again. */
import type { SuiteResult } from '../report/result.ts';
import { formatNumber } from '../report/statistics.ts';
import { measureColdStart } from '../scenarios/cold-start.ts';
import type { Settings } from '../settings.ts';
import { OURS, RXDB_LARGE } from './browser-candidates.ts';
import { runBrowserSuite } from './browser-suite.ts';

const WANTED_READY_MS = 500;
const WANTED_HEAP_BYTES = 500;
/** Milliseconds of the case that are kept for each candidate that is still to come: most of it is the sync before. */
const KEPT_MS = 100_000;

export function runColdStart({ coldStart }: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { documents } = coldStart;
  return runBrowserSuite(
    {
      title: `Cold start with ${formatNumber(documents)} documents already synced`,
      columns: {
        readyMs: 'ready, ms',
        liveMs: 'live, ms',
        reads: 'records read',
        scans: 'scans',
        bytes: 'bytes',
        heapPerDocument: 'heap bytes a document',
      },
      rounds: 1,
      notes: [
        'ready: the journal is loaded. live: connected to the other page, and both know that nothing is new. Reads until then.',
        'heap: JavaScript objects that are there because the page replicates, once it is idle and garbage is collected.',
      ],
      turns: (lab) =>
        [OURS, RXDB_LARGE].map((candidate, index, all) => ({
          label: candidate.label,
          measure: (leftMs) => measureColdStart(lab, candidate, documents, leftMs - KEPT_MS * (all.length - 1 - index)),
        })),
      bars: (of) => [
        {
          what: 'journal loaded',
          wanted: `within ${WANTED_READY_MS} ms`,
          got: `${formatNumber(of(OURS.label, 'readyMs'))} ms`,
          met: of(OURS.label, 'readyMs') <= WANTED_READY_MS,
        },
        {
          what: 'memory for each document in the leading tab',
          wanted: `under ${WANTED_HEAP_BYTES} bytes`,
          got: `${formatNumber(of(OURS.label, 'heapPerDocument'))} bytes`,
          met: of(OURS.label, 'heapPerDocument') < WANTED_HEAP_BYTES,
        },
      ],
    },
    progress,
  );
}
