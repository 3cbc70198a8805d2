/** What replication adds to an application that has RxDB: kilobytes, minified and compressed. */
import { type BundleWeight, ENTRIES, weigh } from '../browser/bundle-weight.ts';
import type { Bar, SuiteResult } from '../report/result.ts';
import { formatNumber } from '../report/statistics.ts';
import type { Settings } from '../settings.ts';

const WANTED_AT_START_KB = 65;
const WANTED_IN_ALL_KB = 90;

export async function runBundleSize(_settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  progress('bundles');
  const rows: [string, BundleWeight][] = [
    ['rxdb-p2p', await weigh(ENTRIES['rxdb-p2p'])],
    ["RxDB's replication-webrtc", await weigh(ENTRIES.rxdb)],
    ['yjs, y-webrtc, y-indexeddb', await weigh(ENTRIES.yjs)],
  ];
  const own = rows[0]?.[1] ?? { atStart: Number.NaN, inAll: Number.NaN, withoutCryptography: Number.NaN, parts: [] };
  const kb = (bytes: number): string => formatNumber(bytes / 1_000, 1);
  const bar = (what: string, bytes: number, wanted: number): Bar => ({
    what: `bundle, ${what}`,
    wanted: `at most ${wanted} KB`,
    got: `${kb(bytes)} KB`,
    met: bytes <= wanted * 1_000,
    // `npm run check:packages` has the limits that CI keeps.
    tolerated: true,
  });
  return {
    title: 'What an application loads, beyond rxdb and rxjs, KB gzip',
    header: ['', 'at start', 'in all', 'cryptography of it, loaded when needed'],
    rows: rows.map(([label, { atStart, inAll, withoutCryptography }]) => [
      label,
      kb(atStart),
      kb(inAll),
      kb(inAll - withoutCryptography),
    ]),
    notes: [
      `rxdb-p2p loads later: ${own.parts.map(({ name, bytes }) => `${name} ${kb(bytes)}`).join(', ')}.`,
      'All dependencies included, WebRTC and socket.io-client among them.',
    ],
    bars: [bar('at start', own.atStart, WANTED_AT_START_KB), bar('in all', own.inAll, WANTED_IN_ALL_KB)],
    samples: rows.map(([label, { parts: _, ...weight }]) => ({ label, ...weight })),
  };
}
