import type { Transport } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from '../random.ts';
import { SEEDS as ASKED, THOROUGH } from '../thoroughness.ts';
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts';
import { createMeshNetwork, type MeshNetwork } from './mesh-network.ts';

const SEEDS = Math.ceil(ASKED / 50);

/** Virtual time. */
const REST_MS = 1_200_000;

interface Pool {
  readonly network: MeshNetwork;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly names: readonly string[];
  add(): void;
  /** Without a word to anyone. */
  remove(name: string): void;
  close(): Promise<void>;
}

function createPool(seed: number, maxConnections: number): Pool {
  const random = createRandom(seed);
  const time = createVirtualTime(random);
  const limits = { links: maxConnections };
  const network = createMeshNetwork(time, random, { minDelayMs: 5, maxDelayMs: 50, limits });
  const transports = new Map<string, Transport>();
  let added = 0;
  return {
    ...{ network, time, random },
    get names() {
      return [...transports.keys()];
    },
    add() {
      const name = `device ${added++}`;
      const events = { onLink: (link: { onClose(listener: () => void): void }) => link.onClose(() => undefined) };
      const transport = network.factory(name).create({ ...events, onProblem: () => undefined });
      transport.join('room', new Uint8Array(32));
      transports.set(name, transport);
    },
    remove(name) {
      for (const other of transports.keys()) network.cut(name, other);
      void transports.get(name)?.close();
      transports.delete(name);
    },
    close: async () => {
      await time.answer(Promise.all([...transports.values()].map((transport) => transport.close())));
    },
  };
}

/** The sizes of the groups that are connected among themselves. */
function groupsOf({ network, names }: Pool): number[] {
  const links = network.links();
  const left = new Set(names);
  const sizes: number[] = [];
  for (const start of left) {
    const group = new Set([start]);
    for (const name of group) {
      for (const other of links.get(name) ?? []) if (names.includes(other)) group.add(other);
    }
    for (const name of group) left.delete(name);
    sizes.push(group.size);
  }
  return sizes;
}

/** Virtual time until all are connected with each other, seconds; undefined when that takes longer than allowed. */
async function secondsUntilOne(pool: Pool, atMost: number): Promise<number | undefined> {
  for (let seconds = 0; seconds <= atMost; seconds++) {
    if (groupsOf(pool).length === 1) return seconds;
    await pool.time.run(1_000);
  }
  return undefined;
}

describe.each([
  [6, 4],
  [12, 4],
  [THOROUGH ? 40 : 16, 8],
])('%i devices with at most %i connections each', (devices, maxConnections) => {
  async function forEachSeed(check: (pool: Pool, fail: (text: string) => void) => Promise<void>): Promise<void> {
    const failed: string[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) {
      const pool = createPool(seed, maxConnections);
      const fail = (text: string): void => void failed.push(`seed ${seed}: ${text}`);
      await check(pool, fail);
      if (pool.network.mostLinks > maxConnections) fail(`a device had ${pool.network.mostLinks} connections`);
      await pool.close();
    }
    expect(failed).toEqual([]);
  }

  function expectOne(pool: Pool, fail: (text: string) => void): void {
    const groups = groupsOf(pool);
    if (groups.length > 1) fail(`groups of ${groups}`);
  }

  it('find together, whether they come at once or one by one, and change little afterwards', async () => {
    await forEachSeed(async (pool, fail) => {
      const atOnce = pool.random.chance(0.5);
      for (let index = 0; index < devices; index++) {
        pool.add();
        if (!atOnce) await pool.time.run(pool.random.next() * 3_000);
      }
      await pool.time.run(60_000);
      expectOne(pool, fail);
      const before = pool.network.linksMade;
      await pool.time.run(REST_MS);
      expectOne(pool, fail);
      const perDevice = (pool.network.linksMade - before) / devices;
      if (perDevice > 8) fail(`${perDevice} new connections of each device in 20 minutes of rest`);
    });
  }, 300_000);

  it('stay together while a third goes without a word and others come, and when the server is away', async () => {
    await forEachSeed(async (pool, fail) => {
      for (let index = 0; index < devices; index++) pool.add();
      await pool.time.run(60_000);
      for (let index = 0; index < devices / 3; index++) {
        pool.remove(pool.random.pick(pool.names));
        if (pool.random.chance(0.5)) pool.add();
        await pool.time.run(pool.random.next() * 5_000);
      }
      await pool.time.run(120_000);
      expectOne(pool, fail);
      pool.network.signaling.stop();
      await pool.time.run(60_000);
      expectOne(pool, fail);
      pool.network.signaling.start();
      pool.add();
      const seconds = await secondsUntilOne(pool, 30);
      if (seconds === undefined) fail('a newcomer was not let in within 30 s');
    });
  }, 300_000);

  it('find together again after the network was cut in two', async () => {
    const all: number[] = [];
    await forEachSeed(async (pool, fail) => {
      for (let index = 0; index < devices; index++) pool.add();
      await pool.time.run(60_000);
      for (const [index, a] of pool.names.entries())
        for (const [other, b] of pool.names.entries()) if (index % 2 < other % 2) pool.network.cut(a, b);
      await pool.time.run(REST_MS);
      if (groupsOf(pool).length < 2) fail('they were not apart');
      pool.network.heal();
      const seconds = await secondsUntilOne(pool, 600);
      if (seconds === undefined) fail(`still groups of ${groupsOf(pool)}`);
      else all.push(seconds);
    });
    process.stdout.write(`seconds until one pool, after 20 minutes in two halves: ${all.sort((a, b) => a - b)}\n`);
  }, 300_000);
});
