/** What replication stores for each document, beyond the document itself. */
import type { SuiteResult } from '../report/result.ts';
import { formatNumber } from '../report/statistics.ts';
import { measureStorageCost } from '../scenarios/storage-cost.ts';
import type { Settings } from '../settings.ts';
import { OURS, RXDB, YJS } from './browser-candidates.ts';
import { runBrowserSuite } from './browser-suite.ts';

const WANTED_BELOW_BYTES = 500;
const TIMEOUT_MS = 90_000;

export function runStorageCost({ storageCost }: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const writers = Math.max(...storageCost.met);
  const nameOf = (label: string, met: number): string =>
    met === 0 ? `${label}, not replicated` : `${label}, ${met} met`;
  return runBrowserSuite(
    {
      title: 'Stored for each document beyond the document itself, JSON bytes',
      columns: {
        writerBytes: 'where it was written',
        readerBytes: 'where it came to',
        records: 'records',
        databases: 'databases',
      },
      rounds: 1,
      notes: [
        'All records of IndexedDB, less the documents as JSON, for each of 200 documents of 8 fields. Peers are met one after the other.',
        "RxDB's rows contain what it stores without replication, such as revisions: see `not replicated`.",
      ],
      turns: (lab) => [
        ...storageCost.met.flatMap((met) =>
          (met === 0 ? [RXDB, YJS] : [OURS, RXDB, YJS]).map((candidate) => ({
            label: nameOf(candidate.label, met),
            measure: () => measureStorageCost(lab, candidate, { met }, TIMEOUT_MS),
          })),
        ),
        {
          label: `${OURS.label}, ${writers} met that have edited every document`,
          measure: () => measureStorageCost(lab, OURS, { met: writers, write: true }, TIMEOUT_MS),
        },
      ],
      bars: (of) =>
        storageCost.met.flatMap((met) =>
          met === 0
            ? []
            : (['writerBytes', 'readerBytes'] as const).map((figure) => {
                const bytes = of(nameOf(OURS.label, met), figure) - of(nameOf(RXDB.label, 0), 'writerBytes');
                return {
                  what: `journal record and marker, ${met} met, ${figure === 'writerBytes' ? 'at the writer' : 'at the reader'}`,
                  wanted: `under ${WANTED_BELOW_BYTES} bytes`,
                  got: `${formatNumber(bytes)} bytes`,
                  met: bytes < WANTED_BELOW_BYTES,
                };
              }),
        ),
    },
    progress,
  );
}
