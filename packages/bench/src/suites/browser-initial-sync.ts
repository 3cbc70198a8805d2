/** Initial sync between two Chromium processes, Dexie to Dexie: ours, RxDB's, Yjs, and the limits of the machine. */
import { CASE_BUDGET_MS, interleave, type Results, type Turn } from '../browser/interleave.ts';
import { type Lab, openLab } from '../browser/lab.ts';
import type { Candidate } from '../browser/peers.ts';
import type { Bar, SuiteResult } from '../report/result.ts';
import { formatNumber, median, range } from '../report/statistics.ts';
import { type BrowserSync, type Meeting, measureBrowserSync, warmUp } from '../scenarios/browser-initial-sync.ts';
import { type Limit, measureLinkLimit, measureStorageLimit } from '../scenarios/browser-limits.ts';
import type { Settings } from '../settings.ts';
import { failureNotes, OURS, RXDB, YJS } from './browser-candidates.ts';

type Figures = Limit & Partial<BrowserSync>;

const BULK_INSERT = "limit: the page's own bulkInsert";
const BARE_WRITES = 'limit: documents and segments written bare';
const RAW_CHANNEL = 'limit: a bare data channel, as many bytes';
/** Of one document on the wire, about. */
const WIRE_BYTES = 1_050;

/** By number of documents: connecting takes its time, whoever it is. */
interface Wanted {
  readonly timesDefault: number;
  readonly timesBest: number;
  /** of the page's own bulkInsert, at most */
  readonly bulkInserts: number;
}
const WANTED: ReadonlyMap<number, Wanted> = new Map([
  [1_000, { timesDefault: 2, timesBest: 1, bulkInserts: 10 }],
  [10_000, { timesDefault: 20, timesBest: 1.5, bulkInserts: 3 }],
]);
/** On a machine that does other things. */
const QUICK_MARGIN = 3;

function nameOf(meeting: Meeting): string {
  return `${OURS.label}, ${meeting}`;
}

function createTurns(lab: Lab, settings: Settings, count: number): Turn<Figures>[] {
  const { batchSizes } = settings.browserInitialSync;
  const timeoutMs = CASE_BUDGET_MS / 2;
  const sync = (candidate: Candidate, meeting: Meeting = 'both start', label = candidate.label): Turn<Figures> => ({
    label,
    measure: () => measureBrowserSync(lab, candidate, meeting, count, timeoutMs),
  });
  return [
    { label: BULK_INSERT, measure: () => measureStorageLimit(lab, 'bulkInsert', count) },
    { label: BARE_WRITES, measure: () => measureStorageLimit(lab, 'bareWrites', count) },
    { label: RAW_CHANNEL, measure: () => measureLinkLimit(lab, count * WIRE_BYTES) },
    sync(OURS, 'both start', nameOf('both start')),
    sync(OURS, 'newcomer', nameOf('newcomer')),
    ...batchSizes.map((batchSize) => sync({ label: `RxDB, batches of ${batchSize}`, system: 'rxdb', batchSize })),
    sync(RXDB),
    sync(YJS),
  ];
}

function medianOf(results: readonly Results<Figures>[], label: string): number {
  const figures = results.find((one) => one.label === label)?.figures ?? [];
  return figures.length === 0 ? Number.NaN : median(figures.map(({ ms }) => ms));
}

function judge(results: readonly Results<Figures>[], count: number, batchSizes: readonly number[]): Bar[] {
  const best = Math.min(
    ...batchSizes.map((size) => medianOf(results, `RxDB, batches of ${size}`)).filter((ms) => ms > 0),
  );
  const bulkInsert = medianOf(results, BULK_INSERT);
  const wanted = WANTED.get(count);
  if (wanted === undefined) return [];
  return (['both start', 'newcomer'] as const).flatMap((meeting): Bar[] => {
    const own = medianOf(results, nameOf(meeting));
    const title = `${formatNumber(count)} documents, ${meeting}, beside`;
    const beside = (what: string, other: number, times: number): Bar => ({
      what: `${title} ${what}`,
      wanted: `at least ${times} times as fast`,
      got: `${formatNumber(other / own, 1)} times as fast`,
      met: other / own >= times,
      tolerated: other / own >= times / QUICK_MARGIN,
    });
    const inserts = own / bulkInsert;
    return [
      beside(RXDB.label, medianOf(results, RXDB.label), wanted.timesDefault),
      beside("RxDB's best", best, wanted.timesBest),
      {
        what: `${title} the page's own bulkInsert`,
        wanted: `at most ${wanted.bulkInserts} times its time`,
        got: `${formatNumber(inserts, 1)} times`,
        met: inserts <= wanted.bulkInserts,
        tolerated: inserts <= wanted.bulkInserts * QUICK_MARGIN,
      },
    ];
  });
}

export async function runBrowserInitialSync(
  settings: Settings,
  progress: (text: string) => void,
): Promise<SuiteResult> {
  const lab = await openLab();
  try {
    for (const candidate of [OURS, RXDB]) await warmUp(lab, candidate);
    const { version } = await lab.browsers.get(0);
    const all: { readonly count: number; readonly results: Results<Figures>[] }[] = [];
    for (const { documents, rounds } of settings.browserInitialSync.sizes) {
      const turns = createTurns(lab, settings, documents);
      const title = `${formatNumber(documents)} documents, Chromium`;
      all.push({ count: documents, results: await interleave(title, turns, rounds, progress) });
    }
    return {
      title: `Initial sync of documents of 1 KB between two Chromium ${version} processes, Dexie to Dexie`,
      header: ['', 'documents', 'median ms', 'min–max ms', 'runs', 'CPU ms', 'MB on data channels', 'messages'],
      rows: all.flatMap(({ count, results }) => results.map((one) => rowOf(count, one))),
      notes: [
        'both start: from the first call in either page. newcomer: the sender runs already when the receiver starts.',
        "RxDB's sender is the pair's master, which is its faster role. Yjs tells before y-indexeddb has stored.",
        ...all.flatMap(({ count, results }) => failureNotes(`${formatNumber(count)} documents`, results)),
      ],
      bars: all.flatMap(({ count, results }) => judge(results, count, settings.browserInitialSync.batchSizes)),
      samples: all.flatMap(({ count, results }) =>
        results.flatMap(({ label, figures, failures }) => [
          ...figures.map((sample) => ({ label, count, ...sample })),
          ...failures.map((failed) => ({ label, count, failed })),
        ]),
      ),
    };
  } finally {
    await lab.close();
  }
}

function rowOf(count: number, { label, figures, failures }: Results<Figures>): string[] {
  const times = figures.map(({ ms }) => ms);
  const of = (value: (one: Figures) => number | undefined): number =>
    median(figures.map(value).filter((one) => one !== undefined));
  return [
    label,
    formatNumber(count),
    times.length === 0 ? 'FAILS' : formatNumber(median(times)),
    range(times),
    `${times.length}${failures.length > 0 ? `, ${failures.length} failed` : ''}`,
    formatNumber(of(({ cpuMs }) => cpuMs)),
    formatNumber(of(({ bytes }) => bytes) / 1e6, 1),
    formatNumber(of(({ messages }) => messages)),
  ];
}
