/**
 * The READMEs tell the truth. The examples of the repository's compile and run against the built packages, on two devices
 * with a real signaling server, IndexedDB and WebRTC; its tables name all codes, options and limits as they are.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as protocol from '@rxdb-p2p/protocol';
import { MAX_ROOM_SAMPLE, SIGNALING_CODES } from '@rxdb-p2p/protocol/signaling';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import { describe, expect, it, onTestFinished } from 'vitest';
import { PENALTY } from './pool/penalties.ts';
import { SNAPSHOT_MS } from './pool/pool.ts';
import {
  NOT_IN_SYNC_REASONS,
  type P2PPool,
  type PeerSnapshot,
  type PoolProblem,
  type PoolStatus,
  type SyncP2POptions,
  type SyncProgress,
} from './pool/types.ts';
import { MAX_ASIDE_UNITS } from './replica/aside-budget.ts';
import { createTopicSecret } from './topic-secret.ts';
import { MAX_QUEUED_BYTES } from './transport/link-limits.ts';
import { MAX_MAX_CONNECTIONS, MESH_LIMITS } from './transport/mesh/mesh-limits.ts';
import { LINK_DRAINED_BYTES } from './transport/port.ts';
import { SIGNALING_TIMINGS } from './transport/signaling/signaling-timings.ts';

const ROOT = join(import.meta.dirname, '../../..');
const README = readFileSync(join(ROOT, 'README.md'), 'utf8');

/** The text under a heading of the second level. */
function section(title: string): string {
  const found = README.split(/^## /m).find((text) => text.startsWith(`${title}\n`));
  if (found === undefined) throw new Error(`the README has no section ${title}`);
  return found;
}

describe('the examples', () => {
  const examples = [...README.matchAll(/^```tsx?\n(.*?)^```$/gms)].map((match) => match[1] ?? '');

  /** Uses what the examples define, waits until both devices hold both todos, and ends when the test says so. */
  const LAST = `
useSync(db.todos, 'family');
await keepMine('nothing that was contested');
await counters.upsert({ id: 'apples', highest: 3 });
while ((await db.todos.find().exec()).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
await pool.inSync();
await fromNode.inSync();
await members.inSync();
if ((await new Promise<string>((resolve) => members.status$.subscribe((status) => resolve(status.protection)))) !== 'secret') process.exit(1);
await overTheInternet.cancel();
await replication.cancel();
const texts = (await db.todos.find().exec()).map((todo) => todo.toJSON());
console.log('RESULT ' + JSON.stringify(texts.sort((a, b) => (a.id < b.id ? -1 : 1))));
await new Promise((resolve) => process.stdin.once('end', resolve).resume());
await db.close();
process.exit();
`;

  /** React as the example uses it: in strict mode an effect runs, ends, and runs again. */
  const REACT = {
    'package.json': '{ "name": "react", "version": "0.0.0", "type": "module", "exports": "./index.js" }',
    'index.d.ts': 'export declare function useEffect(effect: () => () => void, dependencies: unknown[]): void;\n',
    'index.js': 'export function useEffect(effect) {\n  effect()();\n  effect();\n}\n',
  };

  const COMPILER_OPTIONS = {
    target: 'ES2022',
    module: 'NodeNext',
    lib: ['ES2023', 'DOM'],
    types: ['node'],
    strict: true,
    skipLibCheck: true,
    noEmitOnError: true,
  };

  /** A project of its own, in a place from where the packages of this repository are found by their names. */
  function createProject(program: string): string {
    const folder = mkdtempSync(join(ROOT, 'node_modules', '.readme-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const react = join(folder, 'node_modules', 'react');
    mkdirSync(react, { recursive: true });
    for (const [name, text] of Object.entries(REACT)) writeFileSync(join(react, name), text);
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: ['main.ts'] }),
    );
    writeFileSync(join(folder, 'main.ts'), program);
    return folder;
  }

  /** One device: a process with the database `name`. */
  async function runDevice(folder: string, name: string): Promise<{ device: ChildProcess; result: string }> {
    const args = ['--import', '@rxdb-p2p/testkit/browser-in-node', 'main.js'];
    const device = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, DATABASE: name } });
    onTestFinished(() => void device.kill('SIGKILL'));
    let output = '';
    const result = await new Promise<string>((resolve, reject) => {
      for (const stream of [device.stdout, device.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          const found = /^RESULT (.*)\n/m.exec(output)?.[1];
          if (found !== undefined) resolve(found);
        });
      }
      device.once('exit', (code) => reject(new Error(`${name} ended with ${code}:\n${output}`)));
    });
    return { device, result };
  }

  it('compile, and bring two devices together', { timeout: 60_000 }, async () => {
    expect(examples.length).toBeGreaterThanOrEqual(7);
    const server = await createSignalingServer({ port: 0, host: '127.0.0.1' });
    onTestFinished(() => server.close());
    const program = [...examples, LAST]
      .join('\n')
      .replaceAll('http://localhost:8787', server.url)
      // Nothing but this machine is asked.
      .replaceAll(/(stun|turn)\.example\.org/g, '127.0.0.1')
      .replace("import * as wrtc from 'node-datachannel/polyfill'", 'const wrtc = globalThis')
      // Both devices have the link.
      .replace('= createTopicSecret()', `= '${createTopicSecret()}'`)
      // RxDB's databases of one name on one machine are tabs of one device.
      .replace("name: 'home'", "name: process.env['DATABASE'] ?? ''");
    const folder = createProject(program);
    const compiler = join(ROOT, 'node_modules', '.bin', 'tsc');
    const { stdout } = await promisify(execFile)(compiler, ['-p', folder]).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');

    const devices = await Promise.all(['a', 'b'].map((name) => runDevice(folder, `readme-${process.pid}-${name}`)));
    const [a, b] = devices.map(({ result }): unknown => JSON.parse(result));
    expect(a).toEqual(b);
    expect(a).toMatchObject([{ text: 'Milk' }, { text: 'Milk' }]);
    const codes = devices.map(
      ({ device }) => new Promise((resolve) => device.removeAllListeners('exit').once('exit', resolve)),
    );
    for (const { device } of devices) device.stdin?.end();
    expect(await Promise.all(codes)).toEqual([0, 0]);
  });
});

it.each(['packages/protocol', 'packages/rxdb-p2p'])(
  'the example of %s runs, and prints what it says',
  async (folder) => {
    const readme = readFileSync(join(ROOT, folder, 'README.md'), 'utf8');
    const example = /^```js\n(.*?)^```$/ms.exec(readme)?.[1] ?? '';
    const said = [...example.matchAll(/^console\.log\(.*\/\/ (.*)$/gm)].map((match) => match[1]);
    const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', example], {
      cwd: join(ROOT, folder),
    });
    expect(stdout.trimEnd().split('\n')).toEqual(said);
    expect(stderr).toBe('');
  },
);

describe('the tables', () => {
  const rowsOf = (title: string): string[][] =>
    section(title)
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  const namesIn = (text: string): string[] => [...text.matchAll(/`(\w+)(?:\(\w*\))?`/g)].map((match) => match[1] ?? '');

  it('name every code that there is, and no other', () => {
    const folders = ['packages/protocol/src', 'packages/rxdb-p2p/src'].map((folder) => join(ROOT, folder));
    const thrown = folders.flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
        .flatMap((file) => [...readFileSync(join(folder, file), 'utf8').matchAll(/P2PError\(\s*'([A-Z_]+)'/g)])
        .map((match) => match[1] ?? ''),
    );
    const { REFUSE_CODES, BYE_CODES, DECODE_CODES, ENCODE_CODES, CHUNK_CODES } = protocol;
    const unions = [REFUSE_CODES, BYE_CODES, DECODE_CODES, ENCODE_CODES, CHUNK_CODES, SIGNALING_CODES].flat();
    const shown = rowsOf('Errors').flatMap(([, codes = '']) => namesIn(codes));
    const inTexts = rowsOf('Errors').flatMap(([, , text = '']) =>
      namesIn(text).filter((name) => /^[A-Z_]+$/.test(name)),
    );
    expect([...new Set([...shown, ...inTexts])].sort()).toEqual(
      [...new Set([...thrown, ...unions, 'LINK_CLOSED'])].sort(),
    );
  });

  it('name every option, and every member of a pool and its snapshots', () => {
    // A name that is missing here does not compile.
    const options: Record<keyof SyncP2POptions, true> = {
      ...{
        signaling: true,
        getToken: true,
        namespace: true,
        secret: true,
        iceServers: true,
        iceTransportPolicy: true,
        push: true,
        pull: true,
      },
      ...{ conflictHandlerVersion: true, isPeerValid: true, transport: true, maxConnections: true },
      ...{ maxClockDifferenceMs: true, allowedPeers: true, authorize: true },
    };
    const pool: Record<keyof P2PPool, true> = {
      ...{ topic: true, collectionName: true, status$: true, peers$: true, peerStates$: true, error$: true },
      ...{
        conflicts$: true,
        conflicts: true,
        quarantine: true,
        release: true,
        inSync: true,
        awaitFirstPeer: true,
        cancel: true,
      },
      ...{ reauthorize: true, block: true, unblock: true, blocked: true },
    };
    const status: Record<keyof PoolStatus, true> = {
      ...{ phase: true, notInSync: true, replica: true, peers: true, writesWaiting: true, conflicts: true },
      ...{ keyStorage: true, quarantined: true, progress: true, problem: true },
      ...{ protection: true, refusedSignals: true },
    };
    const peer: Record<keyof Omit<PeerSnapshot, 'code'>, true> = {
      ...{ replica: true, phase: true, route: true, roundTripMs: true, documentsToSend: true, bytesToSend: true },
      ...{ documentsToReceive: true, bytesToReceive: true, lastCompleteAt: true, exchange: true },
    };
    const parts: Record<keyof SyncProgress | keyof PoolProblem, true> = {
      ...{ documentsDone: true, documentsTotal: true, bytesDone: true, bytesTotal: true, bytesPerSecond: true },
      ...{ secondsLeft: true, code: true, message: true, retryAt: true },
    };
    const first = (title: string): string[] =>
      rowsOf(title).flatMap(([, cell = '']) => [...cell.matchAll(/`([\w$]+)/g)].map((match) => match[1] ?? ''));
    expect(first('Options')).toEqual(expect.arrayContaining(Object.keys(options)));
    expect(first('The pool')).toEqual(
      expect.arrayContaining([pool, status, peer].flatMap((names) => Object.keys(names))),
    );
    const inTexts = rowsOf('The pool').flatMap(([, , cell = '']) => namesIn(cell));
    expect(inTexts).toEqual(expect.arrayContaining(Object.keys(parts)));
    const reasons = [...section('The pool').matchAll(/`([\w-]+)`/g)].map((match) => match[1]);
    expect(reasons).toEqual(expect.arrayContaining([...NOT_IN_SYNC_REASONS]));
    expect(section('The pool')).toContain(`at most one every ${SNAPSHOT_MS} ms`);
  });

  it('show the limits as they are', () => {
    const { DEAD_AFTER_MS, PING_AFTER_MS, OWED_AFTER_MS } = protocol;
    const shows = (what: string, ...values: number[]): void => {
      const row = rowsOf('Limits').find(([, name]) => name === what);
      const cells = `${row?.[2]} ${row?.[3]}`.match(/\d[\d,.]*/g) ?? [];
      for (const value of values) expect(cells, what).toContain(value.toLocaleString('en'));
    };
    shows('document id', protocol.MAX_ID_BYTES);
    shows('top-level fields of a document', protocol.MAX_FIELD_CLOCKS);
    shows('name of a top-level field', protocol.MAX_FIELD_NAME_BYTES);
    shows('a document as JSON', protocol.MAX_BODY_BYTES);
    shows('writers of one document', protocol.MAX_PAST_ENTRIES);
    shows('writers of a collection', protocol.MAX_VECTOR_ENTRIES);
    shows('collections times topics on one connection', protocol.MAX_CHANNELS);
    shows('connections of one database with one signaling server', MESH_LIMITS.links, MAX_MAX_CONNECTIONS);
    shows('members that the signaling server names at once', MAX_ROOM_SAMPLE);
    shows('connections being made at once, each way', MESH_LIMITS.attempts);
    shows('one frame', protocol.MAX_FRAME_BYTES);
    shows('sent ahead while catching up', protocol.PULL_CREDIT_BYTES);
    shows('new writes pushed ahead of acknowledgements', protocol.PUSH_CREDIT_BYTES);
    shows('waiting in a data channel', MAX_QUEUED_BYTES, LINK_DRAINED_BYTES);
    shows('silence of a peer', ...[DEAD_AFTER_MS, PING_AFTER_MS, OWED_AFTER_MS].map((ms) => ms / 1_000));
    shows('the same after sleep or a change of the network', protocol.DOUBTED_AFTER_MS / 1_000);
    shows('bytes of which none gets away', protocol.STUCK_AFTER_MS / 1_000);
    shows('work that a peer may cause unasked', protocol.WORK_PER_SECOND, protocol.WORK_BURST);
    shows('contents of versions that are [kept aside](#quarantine), in one collection', MAX_ASIDE_UNITS);
    shows('messages of a peer that wait', protocol.MAX_WAITING_MESSAGES, protocol.MAX_WAITING_BYTES);
    shows('a peer whose connection had to be ended for what it sent', PENALTY.minMs / 1_000, PENALTY.maxMs / 1_000);
    shows('a peer that does not send what it says to have', protocol.MAX_REST_BEATS, protocol.MAX_FRUITLESS);
    shows('a catch-up without progress', protocol.PULL_STALLED_MS / 1_000);
    shows('making a connection', MESH_LIMITS.connectTimeoutMs / 1_000);
    const seconds = ({ minMs, maxMs }: { readonly minMs: number; readonly maxMs: number }): [number, number] => [
      minMs / 1_000,
      maxMs / 1_000,
    ];
    shows('between attempts with a peer', ...seconds(MESH_LIMITS.retry));
    shows('between searches of a device that has too few connections', ...seconds(MESH_LIMITS.search));
    shows('between exchanges of a connection for another member', ...seconds(MESH_LIMITS.renewal));
    shows('connections given up for newcomers', MESH_LIMITS.displacementsPerMinute);
    shows('between attempts with the signaling server', ...seconds(SIGNALING_TIMINGS.retry));
  });
});
