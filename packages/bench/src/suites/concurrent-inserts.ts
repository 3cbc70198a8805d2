/** Does a pool come to rest after everybody has inserted the same document at once? */
import type { Bar, Sample, SuiteResult } from '../report/result.ts';
import { formatNumber, median, range } from '../report/statistics.ts';
import { type ConcurrentInserts, measureConcurrentInserts } from '../scenarios/concurrent-inserts.ts';
import type { Settings } from '../settings.ts';
import { createRxdbP2P } from '../systems/rxdb-p2p.ts';
import { createRxdbWebrtc } from '../systems/rxdb-webrtc.ts';

function row(label: string, runs: readonly ConcurrentInserts[]): string[] {
  const settled = runs.filter((run) => run.settled);
  const restless = runs.filter((run) => run.settledMs === undefined);
  return [
    label,
    `${runs.length - settled.length} of ${runs.length}`,
    formatNumber(median(settled.flatMap(({ settledMs }) => settledMs ?? []))),
    range(settled.map(({ messages }) => messages)),
    range(restless.map(({ lateRate }) => lateRate)),
    range(settled.map(({ messagesAfterwards }) => messagesAfterwards)),
  ];
}

export async function runConcurrentInserts(settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { meshes, latencyMs, timeoutMs } = settings.concurrentInserts;
  const ours = createRxdbP2P();
  const rxdb = createRxdbWebrtc();
  const rows: string[][] = [];
  const bars: Bar[] = [];
  const samples: Sample[] = [];
  for (const { peers, runs } of meshes) {
    progress(`${peers} concurrent inserts`);
    const own: ConcurrentInserts[] = [];
    const theirs: ConcurrentInserts[] = [];
    for (let run = 0; run < runs; run += 1) {
      own.push(await measureConcurrentInserts(ours, peers, latencyMs, timeoutMs));
      theirs.push(await measureConcurrentInserts(rxdb, peers, latencyMs, timeoutMs));
    }
    for (const [system, results] of [
      [ours, own],
      [rxdb, theirs],
    ] as const) {
      const label = `${peers} peers, ${system.name}`;
      rows.push(row(label, results));
      samples.push(...results.map((result) => ({ label, ...result })));
    }
    const unsettled = own.filter((run) => !run.settled).length;
    bars.push({
      what: `${peers} concurrent inserts of one document`,
      wanted: 'settles always, no message afterwards',
      got: unsettled === 0 ? 'settled always' : `${unsettled} of ${runs} did not settle`,
      met: unsettled === 0,
    });
  }
  return {
    title: `Concurrent inserts of one document, default conflict handler, ${latencyMs} ms latency`,
    header: ['', 'never settled', 'settled after ms', 'messages', 'else messages/s', 'messages afterwards'],
    rows,
    notes: [
      `Never settled: not equal everywhere and silent within ${timeoutMs / 1_000} s.`,
      'RxDB draws its roles anew in every run: three peers are masters of each other in a circle in one of four.',
    ],
    bars,
    samples,
  };
}
