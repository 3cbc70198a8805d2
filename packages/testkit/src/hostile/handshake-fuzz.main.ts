/** `npm run attack:handshake -- [count] [seed]`: prints what 10,000 fuzzed handshakes come to. */
import { createRandom } from '../simulator/random.ts';
import { fuzzHandshakes } from './handshake-fuzz.ts';

const [count = '10000', seed = '1'] = process.argv.slice(2);
const heap = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
};
fuzzHandshakes(createRandom(Number(seed)), 100);
const before = heap();
const cpu = process.cpuUsage();
const report = fuzzHandshakes(createRandom(Number(seed)), Number(count));
const { user } = process.cpuUsage(cpu);
const rows: readonly (readonly [what: string, value: string])[] = [
  ['fuzzed handshakes', String(report.count)],
  ['taken for proved', String(report.proven)],
  ['channels opened', String(report.opened)],
  ['ended with', [...report.codes].map(([code, times]) => `${code} ${times}`).join(', ')],
  ['CPU of one, both sides, on average', `${(user / 1_000 / report.count).toFixed(2)} ms`],
  ['longest', `${report.longestMs.toFixed(0)} ms`],
  ['heap after garbage collection, before and after', `${before.toFixed(1)} and ${heap().toFixed(1)} MiB`],
];
for (const [what, value] of rows) process.stdout.write(`${what.padEnd(50)} ${value}\n`);
process.exitCode = report.proven === 0 && report.opened === 0 ? 0 : 1;
