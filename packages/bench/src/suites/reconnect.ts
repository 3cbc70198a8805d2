/** What it costs to find out that nothing is new. */
import type { Bar, Sample, SuiteResult } from '../report/result.ts';
import { formatNumber, range } from '../report/statistics.ts';
import { measureReconnect, type Reconnect } from '../scenarios/reconnect.ts';
import type { Settings } from '../settings.ts';
import { createRxdbP2P } from '../systems/rxdb-p2p.ts';
import { createRxdbWebrtc } from '../systems/rxdb-webrtc.ts';

/** "under 2 KB" */
const WANTED_BELOW_BYTES = 2_000;
/** Documents read before the pool is live: those that the checkpoint may stand before, never all. */
const WANTED_READS = 1_000;

/** Only so that the documents arrive sooner: the batch size makes no difference when nothing is new. */
const RXDB_BATCH_SIZE = 1_000;

interface Row {
  readonly label: string;
  readonly results: readonly Reconnect[];
}

export async function runReconnect(settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { actors, sizes } = settings.reconnect;
  const ours = createRxdbP2P();
  const rxdb = createRxdbWebrtc({ batchSize: RXDB_BATCH_SIZE });
  const rows: Row[] = [];
  const bars: Bar[] = [];
  for (const { documents, runs, besideRxdb } of sizes) {
    const own: Reconnect[] = [];
    const theirs: Reconnect[] = [];
    const count = `${formatNumber(documents)} documents`;
    for (let run = 0; run < runs; run += 1) {
      progress(`reconnect with ${count}, run ${run + 1} of ${runs}`);
      own.push(await measureReconnect(ours, documents, actors));
      if (besideRxdb) theirs.push(await measureReconnect(rxdb, documents, 2));
    }
    rows.push({ label: `${ours.name}, ${count} of ${actors} actors`, results: own });
    if (besideRxdb) rows.push({ label: `${rxdb.name}, ${count} of 2`, results: theirs });
    const bytes = Math.max(...own.flatMap((one) => [one.bytes, one.restartBytes]));
    const reads = Math.max(...own.map(({ restartReads }) => restartReads));
    bars.push(
      {
        what: `meeting again with ${count} of ${actors} actors, and nothing new`,
        wanted: `under ${formatNumber(WANTED_BELOW_BYTES)} bytes`,
        got: `${formatNumber(bytes)} bytes`,
        met: bytes < WANTED_BELOW_BYTES,
      },
      {
        what: `documents read before a pool of ${count} that begins anew is live`,
        wanted: `at most ${formatNumber(WANTED_READS)}: no scan`,
        got: formatNumber(reads),
        met: reads <= WANTED_READS,
      },
    );
  }
  return {
    title: 'Meeting again with nothing new, in Node',
    header: ['', 'bytes', 'messages', 'begun anew: bytes', 'documents read until live'],
    rows: rows.map(({ label, results }) => [
      label,
      range(results.map(({ bytes }) => bytes)),
      range(results.map(({ messages }) => messages)),
      range(results.map(({ restartBytes }) => restartBytes)),
      range(results.map(({ restartReads }) => restartReads)),
    ]),
    notes: [
      'All bytes in both directions, from the new connection until it is quiet: once after the link was cut, once after one side had begun anew.',
      "RxDB's checkpoint does not depend on who wrote what, and eight of its peers would take minutes to fill.",
      'Of 100,000 documents each actor has written an equal share of the first 10,000, and the first actor the others.',
    ],
    bars,
    samples: rows.flatMap(({ label, results }) => results.map((result): Sample => ({ label, ...result }))),
  };
}
