/** `npm run bench -- [--quick] [--ci] [--only <suite>]… [--strict]`: measures, prints tables, writes `.bench/result.json`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { RXDB_VERSION } from 'rxdb';
import type { SuiteResult } from './report/result.ts';
import { formatResult } from './report/text.ts';
import { type Settings, settingsFor } from './settings.ts';
import { runBrowserInitialSync } from './suites/browser-initial-sync.ts';
import { runBrowserReconnect } from './suites/browser-reconnect.ts';
import { runBundleSize } from './suites/bundle-size.ts';
import { runColdStart } from './suites/cold-start.ts';
import { runConcurrentInserts } from './suites/concurrent-inserts.ts';
import { runEditLatency } from './suites/edit-latency.ts';
import { runEncryption } from './suites/encryption.ts';
import { runInitialSync } from './suites/initial-sync.ts';
import { runInsertCopies } from './suites/insert-copies.ts';
import { runLargeSync } from './suites/large-sync.ts';
import { runReconnect } from './suites/reconnect.ts';
import { runSteadyEdits } from './suites/steady-edits.ts';
import { runStorageCost } from './suites/storage-cost.ts';

type Suite = (settings: Settings, progress: (text: string) => void) => Promise<SuiteResult>;

const SUITES: Readonly<Record<string, Suite>> = {
  'browser-initial-sync': runBrowserInitialSync,
  'large-sync': runLargeSync,
  'edit-latency': runEditLatency,
  'steady-edits': runSteadyEdits,
  'browser-reconnect': runBrowserReconnect,
  'storage-cost': runStorageCost,
  'cold-start': runColdStart,
  'bundle-size': runBundleSize,
  'initial-sync': runInitialSync,
  'concurrent-inserts': runConcurrentInserts,
  'insert-copies': runInsertCopies,
  reconnect: runReconnect,
  encryption: runEncryption,
};

/** What a quick run of three minutes tells reliably. */
const CI_SUITES: readonly string[] = [
  'browser-initial-sync',
  'edit-latency',
  'browser-reconnect',
  'storage-cost',
  'bundle-size',
];

const { values } = parseArgs({
  options: {
    ci: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    strict: { type: 'boolean', default: false },
  },
});

const quick = values.quick || values.ci;
const settings = settingsFor(quick);
const names = values.only ?? (values.ci ? CI_SUITES : Object.keys(SUITES));
const machine = { node: process.version, rxdb: RXDB_VERSION, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length };
console.log(`Node ${machine.node}, RxDB ${machine.rxdb}, ${machine.cores} × ${machine.cpu}`);
if (quick) console.log('Quick: too few runs for figures to be quoted.');

const results: Record<string, SuiteResult> = {};
for (const name of names) {
  const run = SUITES[name];
  if (run === undefined) throw new Error(`no suite ${name}: there are ${Object.keys(SUITES).join(', ')}`);
  results[name] = await run(settings, (text) => console.error(text));
  console.log(formatResult(results[name]));
}

const folder = join(import.meta.dirname, '..', '.bench');
mkdirSync(folder, { recursive: true });
const file = join(folder, 'result.json');
const date = new Date().toISOString();
writeFileSync(file, `${JSON.stringify({ date, quick, machine, settings, results }, undefined, 2)}\n`);
console.log(`\nAll samples: ${file}`);

const missed = Object.values(results).flatMap(({ bars }) => bars.filter(({ met }) => !met));
if (missed.length > 0) console.log(`${missed.length} bar${missed.length === 1 ? '' : 's'} missed.`);
const broken = missed.filter(({ tolerated = false }) => !tolerated);
if (values.ci && broken.length > 0) {
  console.log(`Beyond all margins: ${broken.map(({ what }) => what).join('; ')}`);
  process.exitCode = 1;
}
if (values.strict && missed.length > 0) process.exitCode = 1;
