/**
 * `npm test`: everything that must hold before a change lands. All steps run, whatever fails before, so that one run
 * tells all; the last line counts tests, and each other step as one.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { countOf, countSpecs, countUnits } from './reports.mjs';
import { execute, secondsSince } from './steps.mjs';

/** How thorough models, crash points and failing storages are in the full run; `npm run test:fast` takes 50. */
const FULL_SIMULATION_SEEDS = '200';
/** Random scenarios with all faults, in processes of their own, on all cores. */
const SCENARIOS = '1000';

/** A step that takes longer hangs. All of them together are meant to take less than 30 minutes. */
const STEP_TIMEOUT_MS = 20 * 60_000;

/** What the summary repeats of each step. */
const FAILURES_SHOWN = 5;

const reports = mkdtempSync(join(tmpdir(), 'rxdb-p2p-test-'));
const unitReport = join(reports, 'unit.json');
const browserReport = join(reports, 'browsers.json');

/** @type {{ name: string, command: string, args: string[], env?: NodeJS.ProcessEnv, count?: (code: number) => import('./reports.mjs').Count }[]} */
const steps = [
  { name: 'build', command: 'npm', args: ['run', '--silent', 'build'] },
  { name: 'lint, format, layers', command: 'npm', args: ['run', '--silent', 'check:lint'] },
  { name: 'types', command: 'npm', args: ['run', '--silent', 'check:types'] },
  { name: 'unused code', command: 'npm', args: ['run', '--silent', 'check:unused'] },
  {
    name: 'units, properties, simulator',
    command: 'npx',
    args: ['vitest', 'run', '--reporter=dot', '--reporter=json', `--outputFile.json=${unitReport}`],
    env: { SIM_SEEDS: FULL_SIMULATION_SEEDS },
    count: (code) => countOf(unitReport, countUnits, code),
  },
  {
    name: `simulator, ${SCENARIOS} scenarios`,
    command: process.execPath,
    args: [join(import.meta.dirname, '../packages/testkit/dist/simulator/fuzz/simulate.js'), '--seeds', SCENARIOS],
  },
  { name: 'packages', command: 'npm', args: ['run', '--silent', 'check:packages'] },
  {
    name: 'browsers',
    command: process.execPath,
    args: [join(import.meta.dirname, 'e2e.mjs'), '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: browserReport },
    count: (code) => countOf(browserReport, countSpecs, code),
  },
  { name: 'quick benchmark', command: process.execPath, args: [join(import.meta.dirname, 'bench.mjs'), '--ci'] },
];

/** @type {(import('./reports.mjs').Count & { name: string, time: string })[]} */
const results = [];
try {
  for (const { name, command, args, env, count } of steps) {
    console.log(`\n== ${name}`);
    const startedAt = Date.now();
    const code = await execute(command, args, { env: env ?? {}, timeoutMs: STEP_TIMEOUT_MS });
    const result = count?.(code) ?? (code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
    results.push({ name, ...result, time: secondsSince(startedAt) });
  }
} finally {
  rmSync(reports, { recursive: true, force: true });
}

console.log('');
for (const { name, passed, failed, time, failures = [] } of results) {
  console.log(`${failed === 0 ? 'ok    ' : 'FAILED'} ${name}: ${passed} passed, ${failed} failed, ${time}`);
  // Whoever gets only the end of the output still learns what to look at.
  for (const failure of failures.slice(0, FAILURES_SHOWN)) console.log(`  ${failure}`);
}
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, 0);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
