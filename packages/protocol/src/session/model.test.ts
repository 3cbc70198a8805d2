/** A model of the session: pure steps on simulated replicas, under random schedules. SPEC.md §5.2 has the rules. */
import { describe, expect, it } from 'vitest';
import { createRandom, forSeeds, type Random } from '../testing/random.ts';
import { createSimNetwork, type SimNetwork } from '../testing/sim-network.ts';
import type { SimReplica } from '../testing/sim-replica.ts';
import { dominates, EMPTY_VECTOR, sameVector } from '../version/vector.ts';
import { agreementWith } from './agreement.ts';
import type { Directions } from './sync-types.ts';

const BODIES = ['{}', 'x'.repeat(1_000), 'x'.repeat(60_000), 'x'.repeat(250_000), 'x'.repeat(900_000), undefined];

interface Scenario {
  readonly losses: boolean;
  readonly oneWay: boolean;
  /** One of the replicas writes, and nobody takes it from it. */
  readonly reader?: boolean;
  readonly claimsEarly?: boolean;
}

function dotsOf({ heads }: SimReplica): Record<string, string[]> {
  return Object.fromEntries(
    [...heads]
      .map(([id, versions]) => [id, versions.map(({ head }) => `${head.actor}:${head.seq}`)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

function expectEqual({ nodes }: SimNetwork): void {
  const [first, ...others] = nodes;
  if (first === undefined) throw new Error('there is no replica');
  for (const { replica, state } of nodes) {
    for (const neighbour of state.neighbours.values()) {
      const { outgoing, incoming } = neighbour.directions;
      if (outgoing && incoming) expect(agreementWith(state, neighbour)).toBe('same');
      else expect(sameVector(neighbour.remote ?? EMPTY_VECTOR, state.vector)).toBe(true);
    }
    expect(replica.brokenPromises()).toStrictEqual([]);
    expect(state.pull).toBeNull();
    expect(sameVector(state.vector, replica.vector)).toBe(true);
  }
  for (const { replica } of others) {
    expect(dotsOf(replica)).toStrictEqual(dotsOf(first.replica));
    expect(sameVector(replica.vector, first.replica.vector)).toBe(true);
  }
}

function expectHonest(replica: SimReplica): void {
  const [broken] = replica.brokenPromises();
  if (broken !== undefined) throw new Error(`[SYNC-9] ${broken}`);
}

function runScenario(random: Random, { losses, oneWay, reader = false, claimsEarly = false }: Scenario): SimNetwork {
  const replicas = 2 + random.int(4);
  const last = replicas - 1;
  const encoded = random.chance(0.2);
  const bodies = encoded ? BODIES.slice(0, 2) : BODIES;
  const network = createSimNetwork(random, {
    ...{ replicas, encoded, claimsEarly, alarms: claimsEarly },
    maxDelayMs: random.pick([1, 30, 400]),
    maxStorageMs: random.pick([0.1, 5, 100]),
    onCommit: expectHonest,
  });
  const ids = Array.from({ length: random.pick([1, 4, 30]) }, (_, i) => `document ${i}`);
  const other = (): number => random.int(replicas);
  const directions = () =>
    oneWay && random.chance(0.3)
      ? random.pick([
          { outgoing: true, incoming: false },
          { outgoing: false, incoming: true },
        ])
      : undefined;
  const connect = (a: number, b: number, given?: Directions): void => {
    if (!reader || (a !== last && b !== last)) network.connect(a, b, given);
    else if (a !== b) network.connect(a, b, { outgoing: b === last, incoming: a === last });
  };
  for (let i = 0; i < 60; i++) {
    const step = random.next();
    const node = network.nodes[other()];
    if (step < 0.5) {
      const written = random.shuffled(ids).slice(0, 1 + (random.chance(0.2) ? random.int(4) : 0));
      node?.commit((replica) => replica.write(written, () => random.pick(bodies)));
    } else if (step < 0.75) connect(other(), other(), directions());
    else if (step < 0.9) network.disconnect(other(), other());
    else if (losses) node?.commit((replica) => loseSome(replica, network, random));
    if (random.chance(0.5)) network.run(random.next() * random.pick([1, 50, 1_000]));
  }
  // Everybody can reach everybody in the end, over a chain and whatever else is there.
  for (let i = 0; i < replicas; i++) for (let j = 0; j < i; j++) network.disconnect(i, j);
  network.settle();
  for (const i of random.shuffled(Array.from({ length: replicas - 1 }, (_, k) => k))) connect(i, i + 1);
  for (let i = 0; i < replicas; i++) connect(other(), other(), directions());
  network.settle();
  return network;
}

/** What is lost for good on one device must be known on another; else it is gone, and no protocol brings it back. */
function loseSome(replica: SimReplica, { nodes }: SimNetwork, random: Random) {
  const safe = nodes.some((other) => other.replica !== replica && dominates(other.replica.vector, replica.vector));
  const lost = [...replica.heads.keys()].filter(() => random.chance(0.4));
  return safe && lost.length > 0 ? replica.lose(lost) : undefined;
}

describe('sync sessions under random schedules', () => {
  it('[SYNC-9] [SYNC-14] [SYNC-15] vectors promise no more than there is, all converge, fingerprints agree, silence follows', () => {
    forSeeds(100, (random) => expectEqual(runScenario(random, { losses: false, oneWay: false })));
  }, 60_000);

  it('[SYNC-7] [SYNC-9] channels that go one way break no promise', () => {
    forSeeds(40, (random) => expectEqual(runScenario(random, { losses: false, oneWay: true })));
  }, 60_000);

  it('[SYNC-7] [SYNC-9] what a reader writes reaches nobody; it gets all of the others, who converge', () => {
    forSeeds(40, (random) => {
      const { nodes } = runScenario(random, { losses: false, oneWay: false, reader: true });
      const others = nodes.slice(0, -1);
      const reader = nodes[nodes.length - 1]?.replica;
      if (reader === undefined) throw new Error('there is no reader');
      const [first] = others;
      for (const { replica, state } of others) {
        expect(replica.vector.has(reader.actor)).toBe(false);
        for (const heads of replica.heads.values())
          for (const { head } of heads) expect(head.actor).not.toBe(reader.actor);
        expect(sameVector(replica.vector, first?.replica.vector ?? EMPTY_VECTOR)).toBe(true);
        expect(dotsOf(replica)).toStrictEqual(dotsOf((first ?? { replica }).replica));
        expect(replica.brokenPromises()).toStrictEqual([]);
        expect(state.pull).toBeNull();
      }
      expect(reader.brokenPromises()).toStrictEqual([]);
      for (const [actor, seq] of first?.replica.vector ?? []) expect(reader.vector.get(actor)).toBe(seq);
    });
  }, 60_000);

  it('[SYNC-8] [SYNC-9] what storage lost comes back from others', () => {
    forSeeds(100, (random) => expectEqual(runScenario(random, { losses: true, oneWay: false })));
  }, 60_000);

  it('[SYNC-9] a replica that claims before its scan has ended is noticed', () => {
    const noticed = Array.from({ length: 20 }, (_, i) => i + 1).filter((seed) => {
      try {
        runScenario(createRandom(seed), { losses: false, oneWay: false, claimsEarly: true });
        return false;
      } catch (error) {
        return String(error).includes('[SYNC-9]');
      }
    });
    expect(noticed.length).toBeGreaterThan(5);
  });
});

describe('a settled mesh', () => {
  it.each([2, 4, 8])('[SYNC-3] carries a write to %i replicas in one copy each', (replicas) => {
    forSeeds(10, (random) => {
      const network = createSimNetwork(random, { replicas, maxDelayMs: 30, maxStorageMs: 5, encoded: true });
      for (let i = 0; i < replicas; i++) for (let j = 0; j < i; j++) network.connect(i, j);
      network.settle();
      for (let i = 0; i < 3; i++) {
        const before = network.sent.versions;
        network.nodes[random.int(replicas)]?.commit((replica) => replica.write(['document'], () => '{}'));
        network.settle();
        expect(network.sent.versions - before).toBe(replicas - 1);
      }
      expectEqual(network);
    });
  });

  it.each([2, 5])('[SYNC-1] %i replicas with nothing new say no more than a hash each way', (replicas) => {
    forSeeds(5, (random) => {
      const network = createSimNetwork(random, { replicas, maxDelayMs: 30, maxStorageMs: 5, encoded: true });
      for (let i = 1; i < replicas; i++) network.connect(0, i);
      network.nodes[0]?.commit((replica) => replica.write(['a', 'b'], () => '{}'));
      network.settle();
      for (let i = 1; i < replicas; i++) network.disconnect(0, i);
      network.settle();
      const before = network.sent.frames;
      for (let i = 1; i < replicas; i++) network.connect(0, i);
      network.settle();
      expect(network.sent.frames - before).toBe(2 * (replicas - 1));
    });
  });
});
