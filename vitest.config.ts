import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
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

const SHELLS = ['packages/*/src/**/*.test.ts', 'signaling-server/src/**/*.test.ts', 'demo/src/**/*.test.ts'];

/** Tests that leave their process another one than it was. */
const NEED_OWN_PROCESS = [
  // Plugins of RxDB, dev-mode among them, change all databases.
  'packages/rxdb-p2p/src/plugin/{removed-elsewhere,tabs}.test.ts',
  'packages/encryption/src/storage/encrypted-storage.test.ts',
  'packages/encryption/src/migration/*.test.ts',
  'packages/testkit/src/rxdb-plugins/*.test.ts',
  // Native WebRTC holds a process until every connection is closed.
  'packages/rxdb-p2p/src/transport/simple-peer.test.ts',
  'packages/rxdb-p2p/src/transport/mesh/mesh.test.ts',
  'packages/rxdb-p2p/src/transport/signaling/several-servers.test.ts',
  // Other functions in the place of ours.
  'packages/encryption/src/keys/passwords.test.ts',
  'packages/testkit/src/simulator/fuzz/seeded-bugs.test.ts',
  // What only pages have, and an environment variable.
  'demo/src/database.test.ts',
  'packages/testkit/src/storage/storage-failure.test.ts',
  'signaling-server/src/auth/jwks.test.ts',
  // The memory of the process is measured.
  'packages/testkit/src/hostile/*-{attack,fuzz}.test.ts',
];

export default defineConfig({
  resolve: { alias: sourceAliases() },
  test: {
    environment: 'node',
    globalSetup: '.ci/ensure-servers.mjs',
    // Native WebRTC holds its process until every connection is closed; a fork can be ended, a thread cannot.
    pool: 'forks',
    // All cores, and one more: some tests wait.
    maxWorkers: availableParallelism() + 1,
    projects: [
      // Files of most projects share processes: a third of the quick run was starting them and importing RxDB.
      { extends: true, test: { name: 'protocol', include: ['packages/protocol/src/**/*.test.ts'], isolate: false } },
      {
        extends: true,
        test: {
          name: 'shells',
          include: SHELLS,
          exclude: ['packages/protocol/**', '**/node_modules/**', ...NEED_OWN_PROCESS],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'own process', include: NEED_OWN_PROCESS } },
    ],
    // Tests wait for conditions, however long that takes on a machine that does other things, too.
    testTimeout: 60_000,
    expect: { poll: { timeout: 20_000 } },
    retry: 0,
    // How many seeds each simulation runs; `npm test` asks for more.
    env: { SIM_SEEDS: process.env['SIM_SEEDS'] ?? '50' },
    // Most tests need no secret, and each database says once that it has none.
    onConsoleLog: (line) => !line.startsWith('rxdb-p2p: a topic is open without `secret`'),
    passWithNoTests: false,
  },
});
