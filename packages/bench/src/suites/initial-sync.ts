/** Initial sync: ours, RxDB's with several batch sizes and in both roles, and a local bulkInsert, in interleaved rounds. */
import type { Bar, SuiteResult } from '../report/result.ts';
import { formatNumber, median, range } from '../report/statistics.ts';
import {
  type InitialSync,
  type Meeting,
  measureBulkInsert,
  measureInitialSync,
  measureLimit,
} from '../scenarios/initial-sync.ts';
import type { Settings } from '../settings.ts';
import { createRxdbP2P } from '../systems/rxdb-p2p.ts';
import { createRxdbWebrtc, type SenderRole } from '../systems/rxdb-webrtc.ts';

const MEETINGS: readonly Meeting[] = ['both start', 'newcomer'];
const ROLES: readonly SenderRole[] = ['master', 'fork'];

/** Stands for RxDB's own batch size. */
const DEFAULT = 0;

const LIMIT_LABEL = 'limit: JSON there, storage';

/** How many times as fast as RxDB's replication ours must be. */
const WANTED_OF_DEFAULT = 10;
const WANTED_OF_BEST = 2.5;

interface Candidate {
  readonly label: string;
  readonly meeting: Meeting | undefined;
  /** Undefined for what is not RxDB's. */
  readonly batch?: number;
  readonly samples: InitialSync[];
  measure(documents: number): Promise<InitialSync>;
}

function createCandidates({ initialSync: { batchSizes, latencyMs } }: Settings): Candidate[] {
  const p2p = createRxdbP2P();
  const floors: Candidate[] = [
    { label: 'limit: local bulkInsert', meeting: undefined, samples: [], measure: measureBulkInsert },
    { label: LIMIT_LABEL, meeting: undefined, samples: [], measure: measureLimit },
  ];
  const replications = MEETINGS.flatMap((meeting): Candidate[] => [
    {
      label: `rxdb-p2p, ${meeting}`,
      meeting,
      samples: [],
      measure: (documents) => measureInitialSync(p2p, meeting, documents, latencyMs),
    },
    ...[DEFAULT, ...batchSizes].flatMap((batch) =>
      ROLES.map((sender): Candidate => {
        const system = createRxdbWebrtc({ sender, ...(batch === DEFAULT ? {} : { batchSize: batch }) });
        return {
          label: `RxDB, ${meeting}, ${nameOf(batch)}, sender is ${sender}`,
          meeting,
          batch,
          samples: [],
          measure: (documents) => measureInitialSync(system, meeting, documents, latencyMs),
        };
      }),
    ),
  ]);
  return [...floors, ...replications];
}

function nameOf(batch: number): string {
  return batch === DEFAULT ? 'default batch of 20' : `batch ${formatNumber(batch)}`;
}

function medianMs(candidates: readonly Candidate[]): number {
  return median(candidates.flatMap(({ samples }) => samples.map(({ ms }) => ms)));
}

/** The bars of one way to meet, and the harshest comparison: RxDB's fastest row. */
function judge(all: readonly Candidate[], meeting: Meeting): { bars: Bar[]; notes: string[] } {
  const candidates = all.filter((candidate) => candidate.meeting === meeting);
  const own = medianMs(candidates.filter(({ batch }) => batch === undefined));
  const rxdb = candidates.filter(({ batch }) => batch !== undefined);
  // What its users can expect, since chance decides on the role: the mean of both roles' medians.
  const expected = (wanted: number): number => {
    const roles = rxdb.filter(({ batch }) => batch === wanted).map((candidate) => medianMs([candidate]));
    return roles.reduce((sum, ms) => sum + ms, 0) / roles.length;
  };
  const batches = [...new Set(rxdb.flatMap(({ batch }) => batch ?? []))];
  const best = batches.reduce((a, b) => (expected(b) < expected(a) ? b : a));
  const bar = (batch: number, which: string, wanted: number): Bar => ({
    what: `initial sync, ${meeting}, beside RxDB with its ${which}`,
    wanted: `at least ${wanted} times as fast`,
    got: `${formatNumber(expected(batch) / own, 1)} times as fast`,
    met: expected(batch) / own >= wanted,
  });
  const limit = medianMs(all.filter(({ label }) => label === LIMIT_LABEL));
  const fastest = Math.min(...rxdb.map((candidate) => medianMs([candidate])));
  return {
    bars: [bar(DEFAULT, nameOf(DEFAULT), WANTED_OF_DEFAULT), bar(best, `best, ${nameOf(best)}`, WANTED_OF_BEST)],
    notes: [
      `RxDB's fastest row, ${meeting}: ${formatNumber(fastest)} ms, ${formatNumber(fastest / own, 1)} times ours.`,
      `The limit, ${meeting}: ${formatNumber(limit)} ms, ${formatNumber(limit / own, 1)} times ours, ${formatNumber(expected(best) / limit, 1)} times as fast as RxDB's best.`,
    ],
  };
}

export async function runInitialSync(settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { rounds, warmUpDocuments } = settings.initialSync;
  const all = createCandidates(settings);
  for (let round = 0; round < rounds; round += 1) {
    progress(`initial sync, round ${round + 1} of ${rounds}`);
    // Every round begins elsewhere, so that what a round does to the process hits nobody in particular.
    const first = Math.floor((round * all.length) / rounds);
    for (const candidate of [...all.slice(first), ...all.slice(0, first)]) {
      // The engine throws compiled code away that has not run for some collections: nobody is to be measured cold.
      await candidate.measure(warmUpDocuments);
      candidate.samples.push(await candidate.measure(settings.documents));
    }
  }
  const verdicts = MEETINGS.map((meeting) => judge(all, meeting));
  return {
    title: `Initial sync of ${formatNumber(settings.documents)} documents of 1 KB between two peers, memory storage`,
    header: ['', 'median ms', 'min–max ms', 'CPU ms', 'MB sent', 'messages'],
    rows: all.map((candidate) => [
      candidate.label,
      formatNumber(medianMs([candidate])),
      range(candidate.samples.map(({ ms }) => ms)),
      formatNumber(median(candidate.samples.map(({ cpuMs }) => cpuMs))),
      formatNumber(median(candidate.samples.map(({ bytes }) => bytes)) / 1e6, 1),
      formatNumber(median(candidate.samples.map(({ messages }) => messages))),
    ]),
    notes: [
      'both start: timed from the first call, nothing was prepared. newcomer: the sender runs already when the receiver starts.',
      "RxDB decides by chance which side is master: the bars take the mean of both roles' medians.",
      'limit: JSON there, storage: the same documents as JSON and bytes there, parsed, into the storage, and nothing else.',
      ...verdicts.flatMap(({ notes }) => notes),
    ],
    bars: verdicts.flatMap(({ bars }) => bars),
    samples: all.flatMap(({ label, samples }) => samples.map((sample) => ({ label, ...sample }))),
  };
}
