/** How often the body of one new document crosses a full mesh. */
import type { Bar, Sample, SuiteResult } from '../report/result.ts';
import { formatNumber, range } from '../report/statistics.ts';
import { type InsertCopies, measureInsertCopies } from '../scenarios/insert-copies.ts';
import type { Settings } from '../settings.ts';
import { createRxdbP2P } from '../systems/rxdb-p2p.ts';
import { createRxdbWebrtc } from '../systems/rxdb-webrtc.ts';

/** Copies for each peer that needs one. */
const WANTED_COPIES = 1.2;

export async function runInsertCopies(settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { peers: sizes, runs, latencyMs } = settings.insertCopies;
  const ours = createRxdbP2P();
  const rxdb = createRxdbWebrtc();
  const rows: string[][] = [];
  const bars: Bar[] = [];
  const samples: Sample[] = [];
  for (const peers of sizes) {
    progress(`one insert in a mesh of ${peers}`);
    const own: InsertCopies[] = [];
    const theirs: InsertCopies[] = [];
    for (let run = 0; run < runs; run += 1) {
      own.push(await measureInsertCopies(ours, peers, latencyMs));
      theirs.push(await measureInsertCopies(rxdb, peers, latencyMs));
    }
    const needed = peers - 1;
    rows.push([
      `${peers} peers`,
      formatNumber(needed),
      range(own.map(({ copies }) => copies)),
      range(own.map(({ bytes }) => bytes)),
      range(theirs.map(({ copies }) => copies)),
      range(theirs.map(({ bytes }) => bytes)),
    ]);
    const worst = Math.max(...own.map(({ copies }) => copies));
    bars.push({
      what: `copies of one insert among ${peers}`,
      wanted: `at most ${formatNumber(WANTED_COPIES * needed, 1)}`,
      got: formatNumber(worst),
      met: worst <= WANTED_COPIES * needed,
    });
    samples.push(...own.map((result) => ({ label: `${peers} peers, ${ours.name}`, ...result })));
    samples.push(...theirs.map((result) => ({ label: `${peers} peers, ${rxdb.name}`, ...result })));
  }
  return {
    title: 'Copies of a document on the wire, for one insert into a settled full mesh',
    header: ['', 'needed', 'rxdb-p2p', 'bytes', 'RxDB', 'bytes'],
    rows,
    notes: ['Bytes are all that crosses the network from the insert until it is quiet.'],
    bars,
    samples,
  };
}
