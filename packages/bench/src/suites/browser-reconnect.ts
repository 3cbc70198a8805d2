/** Meeting again in browsers, with nothing new and with ten new documents. */
import type { SuiteResult } from '../report/result.ts';
import { formatNumber } from '../report/statistics.ts';
import { measureBrowserReconnect } from '../scenarios/browser-reconnect.ts';
import type { Settings } from '../settings.ts';
import { OURS, RXDB_LARGE, YJS } from './browser-candidates.ts';
import { runBrowserSuite } from './browser-suite.ts';

/** "under 2 KB" */
const WANTED_BELOW_BYTES = 2_000;
/** Of all but the largest: nobody fills 100,000 documents in what is left of the case. */
const TIMEOUT_MS = 120_000;

export function runBrowserReconnect(settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const sizes = settings.browserReconnect.documents;
  const largest = Math.max(...sizes);
  const nameOf = (label: string, count: number): string => `${label}, ${formatNumber(count)} documents`;
  return runBrowserSuite(
    {
      title: 'Two pages with the same documents meet again',
      columns: { nothingNewBytes: 'nothing new, bytes', tenNewBytes: '10 new, bytes', tenNewMs: '10 new, ms' },
      rounds: 1,
      notes: [
        'One page stops replicating and starts again. All bytes both ways, from then until it is quiet.',
        'The new documents are 10 KB. Yjs cannot send more than 256 KB at once, so it has a row of its own size.',
      ],
      turns: (lab) =>
        sizes.flatMap((count) =>
          (count === largest && sizes.length > 1 ? [OURS] : [OURS, RXDB_LARGE, YJS]).map((candidate) => ({
            label: nameOf(candidate.label, count),
            measure: () => measureBrowserReconnect(lab, candidate, count, TIMEOUT_MS),
          })),
        ),
      bars: (of) =>
        sizes.map((count) => {
          const bytes = of(nameOf(OURS.label, count), 'nothingNewBytes');
          return {
            what: `meeting again with ${formatNumber(count)} documents and nothing new`,
            wanted: `under ${formatNumber(WANTED_BELOW_BYTES)} bytes`,
            got: `${formatNumber(bytes)} bytes`,
            met: bytes < WANTED_BELOW_BYTES,
          };
        }),
    },
    progress,
  );
}
