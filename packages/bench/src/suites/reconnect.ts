/** What it costs to find out that nothing is new. */
import type { SuiteResult } from '../report/result.ts';
import { formatNumber, range } from '../report/statistics.ts';
import { measureReconnect, type Reconnect } from '../scenarios/reconnect.ts';
import type { Settings } from '../settings.ts';
import { createRxdbP2P } from '../systems/rxdb-p2p.ts';
import { createRxdbWebrtc } from '../systems/rxdb-webrtc.ts';

/** "under 2 KB" */
const WANTED_BELOW_BYTES = 2_000;

/** Only so that the documents arrive sooner: the batch size makes no difference when nothing is new. */
const RXDB_BATCH_SIZE = 1_000;

export async function runReconnect(settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { actors, runs } = settings.reconnect;
  const ours = createRxdbP2P();
  const rxdb = createRxdbWebrtc({ batchSize: RXDB_BATCH_SIZE });
  const own: Reconnect[] = [];
  const theirs: Reconnect[] = [];
  for (let run = 0; run < runs; run += 1) {
    progress(`reconnect, run ${run + 1} of ${runs}`);
    own.push(await measureReconnect(ours, settings.documents, actors));
    theirs.push(await measureReconnect(rxdb, settings.documents, 2));
  }
  const worst = Math.max(...own.map(({ bytes }) => bytes));
  const row = (label: string, results: readonly Reconnect[]): string[] => [
    label,
    range(results.map(({ bytes }) => bytes)),
    range(results.map(({ messages }) => messages)),
  ];
  return {
    title: `Reconnect with ${formatNumber(settings.documents)} documents and nothing new`,
    header: ['', 'bytes', 'messages'],
    rows: [row(`${ours.name}, documents of ${actors} actors`, own), row(`${rxdb.name}, of 2`, theirs)],
    notes: [
      'All bytes in both directions, from the new connection until it is quiet.',
      "RxDB's checkpoint does not depend on who wrote what, and eight of its peers would take minutes to fill.",
    ],
    bars: [
      {
        what: 'reconnect with nothing new',
        wanted: `under ${formatNumber(WANTED_BELOW_BYTES)} bytes`,
        got: `${formatNumber(worst)} bytes`,
        met: worst < WANTED_BELOW_BYTES,
      },
    ],
    samples: [
      ...own.map((result) => ({ label: ours.name, ...result })),
      ...theirs.map((result) => ({ label: rxdb.name, ...result })),
    ],
  };
}
