/**
 * `npm run attack -- [frames] [seed] [delay] [links per second]`: prints what 100,000 fuzzed frames and all wrong
 * orders do to a live session.
 */
import { attackLiveSession } from './live-attack.ts';

/** The delay is that of a message between the good peers, milliseconds: two phones on one Wi-Fi are no nearer than 1. */
const [frames = '100000', seed = '1', delayMs = '1', linksPerSecond = '40'] = process.argv.slice(2);

const median = (values: readonly number[], part = 0.5): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * part)] ?? Number.NaN;
const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

const began = performance.now();
const report = await attackLiveSession({
  seed: Number(seed),
  frames: Number(frames),
  orders: 3,
  rounds: 25,
  writes: 40,
  delayMs: Number(delayMs),
  linksPerSecond: Number(linksPerSecond),
});
const { quietMs, attackedMs, heapBefore, heapAfter } = report;
const rows: readonly (readonly [what: string, value: string])[] = [
  ['fuzzed frames', String(report.frames)],
  ['messages that came on links that were open', String(report.taken)],
  ['wrong orders of valid frames, each on a link of its own', String(report.sequences)],
  ['links that were ended', String(report.cutOff)],
  ['writes measured, quiet and under attack', `${quietMs.length} and ${attackedMs.length}`],
  ['median latency, quiet and under attack', `${median(quietMs).toFixed(2)} and ${median(attackedMs).toFixed(2)} ms`],
  ['ratio of the medians', (median(attackedMs) / median(quietMs)).toFixed(2)],
  [
    '95th percentile, quiet and under attack',
    `${median(quietMs, 0.95).toFixed(2)} and ${median(attackedMs, 0.95).toFixed(2)} ms`,
  ],
  ['heap after garbage collection, after the first round and at the end', `${mib(heapBefore)} and ${mib(heapAfter)}`],
  ['unhandled rejections and exceptions', String(report.unhandled.length)],
  ['reported by the victim', [...report.reported].map(([code, count]) => `${code} ${count}`).join(', ')],
  ['the good devices hold the same at the end', String(report.equal)],
  ['took', `${((performance.now() - began) / 1_000).toFixed(0)} s`],
];
for (const [what, value] of rows) process.stdout.write(`${what.padEnd(72)} ${value}\n`);
for (const reason of report.unhandled.slice(0, 3)) process.stdout.write(`${String(reason)}\n`);
const fast = median(attackedMs) <= 2 * median(quietMs);
const flat = heapAfter - heapBefore < 16 * 2 ** 20;
process.exitCode = report.unhandled.length === 0 && report.equal && flat && fast ? 0 : 1;
