import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root: string = import.meta.dirname;

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, { readonly default: string }>>;
}

/** Every public entry of every workspace, as its source: tests need no build and cannot test a stale one. */
function sourceAliases(): { find: RegExp; replacement: string }[] {
  const folders = [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), 'signaling-server'];
  return folders.flatMap((folder) => {
    const path = join(root, folder, 'package.json');
    if (!existsSync(path)) return [];
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    return Object.entries(manifest.exports ?? {}).map(([entry, target]) => ({
      find: new RegExp(`^${manifest.name}${entry.slice(1)}$`),
      replacement: join(root, folder, target.default.replace('/dist/', '/src/').replace(/\.js$/, '.ts')),
    }));
  });
}

export default defineConfig({
  resolve: { alias: sourceAliases() },
  test: {
    environment: 'node',
    globalSetup: '.ci/ensure-servers.mjs',
    // Native WebRTC holds its process until every connection is closed; a fork can be ended, a thread cannot.
    pool: 'forks',
    // All cores: nobody works beside the tests.
    maxWorkers: '100%',
    projects: [
      // Pure code, without state of its own: its files can share a process, which saves a tenth of the quick run.
      { extends: true, test: { name: 'protocol', include: ['packages/protocol/src/**/*.test.ts'], isolate: false } },
      {
        extends: true,
        test: {
          name: 'shells',
          include: ['packages/*/src/**/*.test.ts', 'signaling-server/src/**/*.test.ts', 'demo/src/**/*.test.ts'],
          exclude: ['packages/protocol/**', '**/node_modules/**'],
        },
      },
    ],
    testTimeout: 20_000,
    retry: 0,
    // How many seeds each simulation runs; `npm test` asks for more.
    env: { SIM_SEEDS: process.env['SIM_SEEDS'] ?? '50' },
    // Most tests need no secret, and each database says once that it has none.
    onConsoleLog: (line) => !line.startsWith('rxdb-p2p: a topic is open without `secret`'),
    passWithNoTests: false,
  },
});
