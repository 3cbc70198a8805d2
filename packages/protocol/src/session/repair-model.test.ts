/** A model of repair: replicas that were damaged without noticing it, under random schedules. SPEC.md §5.3 has the rules. */
import { describe, expect, it } from 'vitest';
import { forSeeds, type Random } from '../testing/random.ts';
import { createSimNetwork, type SimNetwork } from '../testing/sim-network.ts';
import { sameVector } from '../version/vector.ts';
import { agreementWith } from './agreement.ts';

function dotsOf({ nodes }: SimNetwork): Record<string, readonly string[]>[] {
  return nodes.map(({ replica: { heads } }) => {
    const entries = [...heads].map(([id, versions]) => [
      id,
      versions.map(({ head }) => `${head.actor}:${head.seq}:${head.hash}`),
    ]);
    return Object.fromEntries(entries.sort(([a], [b]) => ((a ?? '') < (b ?? '') ? -1 : 1)));
  });
}

function expectRepaired(network: SimNetwork): void {
  const [first, ...others] = dotsOf(network);
  for (const other of others) expect(other).toStrictEqual(first);
  const [{ replica: one } = { replica: undefined }] = network.nodes;
  for (const { replica, state } of network.nodes) {
    expect(replica.brokenPromises()).toStrictEqual([]);
    expect([state.pull, state.repair]).toStrictEqual([null, null]);
    expect(one !== undefined && sameVector(replica.vector, one.vector)).toBe(true);
    for (const neighbour of state.neighbours.values()) {
      expect(agreementWith(state, neighbour)).toBe('same');
      expect([neighbour.repairs, neighbour.answering, neighbour.scan]).toStrictEqual([0, false, null]);
    }
  }
}

/** Replicas that hold the same documents, in a chain with some more links. */
function settledPool(random: Random, replicas: number, documents: number): SimNetwork {
  const network = createSimNetwork(random, {
    ...{ replicas, encoded: random.chance(0.5), alarms: true },
    maxDelayMs: random.pick([1, 30, 400]),
    maxStorageMs: random.pick([0.1, 5, 100]),
  });
  for (let i = 1; i < replicas; i++) network.connect(i - 1, i);
  for (let i = 0; i < replicas; i++) network.connect(random.int(replicas), random.int(replicas));
  const ids = Array.from({ length: documents }, (_, i) => `document ${i}`);
  for (let i = 0; i < documents; i += 4) {
    const written = ids.slice(i, i + 4);
    network.nodes[random.int(replicas)]?.commit((replica) => replica.write(written, () => `{"written":${i}}`));
    if (random.chance(0.3)) network.run(random.next() * 500);
  }
  network.settle();
  expectRepaired(network);
  return network;
}

/** Some documents of every replica but the first are gone, or say something else. @returns how many replicas were hit */
function damage(random: Random, { nodes }: SimNetwork): number {
  let hit = 0;
  for (const node of nodes.slice(1)) {
    if (random.chance(0.3)) continue;
    // What a tombstone says is no part of it.
    const live = [...node.replica.heads].filter(([, versions]) => versions.some(({ head }) => !head.deleted));
    const ids = live.map(([id]) => id).filter(() => random.chance(0.1));
    if (ids.length === 0) continue;
    hit++;
    node.commit((replica) =>
      replica.damage(ids, () => (random.chance(0.5) ? undefined : `{"forged":${random.int(3)}}`)),
    );
  }
  return hit;
}

describe('replicas that hold something else under equal vectors', () => {
  it('[REPAIR-1] [REPAIR-4] notice it, repair themselves, and fall silent', () => {
    forSeeds(60, (random) => {
      const replicas = 2 + random.int(3);
      const network = settledPool(random, replicas, random.pick([4, 60, 300]));
      const hit = damage(random, network);
      network.settle();
      expectRepaired(network);
      const noticed = network.nodes.reduce((sum, { diverged }) => sum + diverged, 0);
      expect(noticed > 0).toBe(hit > 0);
    });
  }, 60_000);

  it('[REPAIR-1] [REPAIR-5] also while writes go on and links are cut', () => {
    forSeeds(60, (random) => {
      const replicas = 2 + random.int(3);
      const network = settledPool(random, replicas, 60);
      damage(random, network);
      for (let i = 0; i < 30; i++) {
        const node = network.nodes[random.int(replicas)];
        const step = random.next();
        if (step < 0.5) node?.commit((replica) => replica.write([`document ${random.int(70)}`], () => '{"later":1}'));
        else if (step < 0.7) network.disconnect(random.int(replicas), random.int(replicas));
        else network.connect(random.int(replicas), random.int(replicas));
        network.run(random.next() * 2_000);
      }
      for (let i = 1; i < replicas; i++) network.connect(i - 1, i);
      network.settle();
      for (let i = 1; i < replicas; i++) network.connect(i - 1, i);
      network.settle();
      expectRepaired(network);
    });
  }, 60_000);

  it('[REPAIR-5] claim nothing before they have been compared', () => {
    forSeeds(20, (random) => {
      const network = createSimNetwork(random, {
        replicas: 3,
        maxDelayMs: 5,
        maxStorageMs: 5,
        encoded: true,
        alarms: true,
      });
      network.connect(0, 1);
      const ids = Array.from({ length: 40 }, (_, i) => `document ${i}`);
      network.nodes[0]?.commit((replica) => replica.write(ids, () => '{}'));
      network.settle();
      network.nodes[1]?.commit((replica) => replica.damage(ids.slice(3, 9), () => undefined));
      // Until the repair begins, and some way into it.
      while (network.nodes[1]?.state.repair === null) network.run(1);
      network.connect(1, 2);
      let claimed = false;
      while (network.nodes[1]?.state.repair !== null) {
        network.run(1);
        claimed ||= (network.nodes[2]?.replica.vector.size ?? 0) > 0;
      }
      expect(claimed).toBe(false);
      network.settle();
      expectRepaired(network);
    });
  });
});
