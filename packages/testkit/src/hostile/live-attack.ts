/**
 * A live session under attack: two devices that sync, and a member of their room that sends one of them fuzzed frames, and
 * valid frames in every wrong order, as fast as the event loop goes. Rounds with and without attack take turns, so that
 * what else the machine does weighs on both alike.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { encodeFrame } from '@rxdb-p2p/protocol';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork, type P2PPool, RxDBP2PPlugin } from 'rxdb-p2p';
import { hashSchema } from 'rxdb-p2p/testing';
import { createRandom, type Random } from '../simulator/random.ts';
import { FRAME_TYPES, fuzzedBytes, plausibleFrame, type Surroundings } from './frame-fuzz.ts';
import { createRogue, type Rogue, type RogueOffer } from './rogue.ts';

export interface AttackOptions {
  readonly seed: number;
  /** fuzzed frames in all */
  readonly frames: number;
  /** length of the longest wrong order of valid frames: 1 to 3 */
  readonly orders: 1 | 2 | 3;
  /** rounds with attack; as many without */
  readonly rounds: number;
  /** of a message between the good peers, one way, milliseconds; those of the attacker take none */
  readonly delayMs: number;
  /** writes of the good peer whose latency is measured, in each round */
  readonly writes: number;
}

export interface AttackReport {
  readonly frames: number;
  /** sequences of valid frames on links of their own */
  readonly sequences: number;
  /** links of the attacker that were ended */
  readonly cutOff: number;
  readonly quietMs: readonly number[];
  readonly attackedMs: readonly number[];
  /** after a collection of garbage: when the first round is over, and at the end; bytes */
  readonly heapBefore: number;
  readonly heapAfter: number;
  readonly unhandled: readonly unknown[];
  /** codes of what the victim's pool has reported */
  readonly reported: ReadonlyMap<string, number>;
  /** whether the two good devices hold all that they wrote, and the same, at the end */
  readonly equal: boolean;
}

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: {
    id: { type: 'string', maxLength: 40 },
    text: { type: 'string' },
    free: { type: 'object', additionalProperties: true },
  },
  required: ['id'],
} as const;

interface Item {
  id: string;
  text?: string;
}

/** What a new link takes, milliseconds. Over WebRTC it is a hundred and more. */
const RECONNECT_MS = 5;
const GOOD_DOCUMENTS = 20;
const WARM_UP_WRITES = 300;

export async function attackLiveSession(options: AttackOptions): Promise<AttackReport> {
  addRxPlugin(RxDBP2PPlugin);
  const random = createRandom(options.seed);
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  // The attacker knows one of the two; the other one must not be worse off for it.
  const network = createMemoryNetwork({
    mayLink: (a, b) => [a, b].sort().join() !== 'b,rogue',
    delayMs: (from, to) => ([from, to].includes('rogue') ? 0 : options.delayMs),
  });
  const databases: RxDatabase[] = [];
  const reported = new Map<string, number>();

  async function open(name: string): Promise<{ items: RxCollection<Item>; pool: P2PPool }> {
    const storage = getRxStorageMemory();
    const database = await createRxDatabase({ name: `attack-${process.pid}-${name}`, storage, multiInstance: false });
    databases.push(database);
    const { items } = await database.addCollections({ items: { schema } });
    const pool = await items.syncP2P('family', { transport: network.factory(name) });
    return { items: items as unknown as RxCollection<Item>, pool };
  }

  const a = await open('a');
  const b = await open('b');
  a.pool.error$.subscribe(({ code }) => reported.set(code, (reported.get(code) ?? 0) + 1));
  await b.items.insert({ id: 'first', text: 'before' });
  await Promise.all([a.pool.inSync(), b.pool.inSync()]);

  const schemaHash = hashSchema(a.items.schema.jsonSchema as unknown as Record<string, unknown>);
  const agreed = { schemaVersion: 0, schemaHash, mergeMode: 'fields', sends: true, receives: true };
  const offer: RogueOffer = { collection: 'items', ...agreed };
  const around: Surroundings = {
    ...{ channel: 1, actors: ['rogue-----------', 'rogue2----------'], schemaHash, collection: 'items' },
  };

  let arrived: ((text: string) => void) | undefined;
  a.items.$.subscribe(({ documentData }) => arrived?.(documentData.text ?? ''));
  let written = 0;
  /** Milliseconds from a write at one good peer until the other one shows it. */
  async function writeOne(): Promise<number> {
    const text = `good ${++written}`;
    const seen = new Promise<void>((resolve) => {
      arrived = (shown) => {
        if (shown === text) resolve();
      };
    });
    const began = performance.now();
    // The same few documents, so that what grows is not ours.
    await b.items.upsert({ id: `good-${written % GOOD_DOCUMENTS}`, text });
    await seen;
    return performance.now() - began;
  }
  for (let i = 0; i < WARM_UP_WRITES; i++) await writeOne();

  const attacker = createAttacker({ network, offer, around, random, onCut: () => cutOff++ });
  let cutOff = 0;
  const quietMs: number[] = [];
  const attackedMs: number[] = [];
  let heapBefore = 0;
  const share = Math.ceil(options.frames / options.rounds);
  const sequences = [...wrongOrders(options.orders)];
  const sequenceShare = Math.ceil((sequences.length * 2) / options.rounds);
  let sequencesDone = 0;
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < options.writes; i++) quietMs.push(await writeOne());
    const bytes = Array.from({ length: share }, () => fuzzedBytes(random, around));
    const orders = Array.from({ length: sequenceShare }, () => sequencesDone++).flatMap((index) => {
      const types = sequences[index % sequences.length];
      if (types === undefined || index >= sequences.length * 2) return [];
      const frames = types.map((type) => encodeFrame(plausibleFrame(random, around, type)).slice());
      return [{ greets: index >= sequences.length, frames }];
    });
    let attacking = true;
    const attack = attacker.run(bytes, orders).then(() => {
      attacking = false;
    });
    // As many writes as in a quiet round, spread over the attack: what they leave in memory is not the attacker's.
    for (let i = 1; attacking && i <= options.writes; i++) {
      attackedMs.push(await writeOne());
      while (attacking && attacker.progress < i / options.writes) await turn();
    }
    await attack;
    if (round === 0) heapBefore = collectedHeap();
  }
  await attacker.close();
  await writeOne();
  const good = async ({ items }: typeof a): Promise<string> => {
    const found = (await items.find().exec()).map((document) => document.toMutableJSON());
    return JSON.stringify(found.filter(({ id }) => !id.startsWith('fuzz')));
  };
  const equal = (await good(a)) === (await good(b)) && (await good(b)).includes(`good ${written}`);
  const heapAfter = collectedHeap();
  for (const database of databases) await database.close();
  process.off('unhandledRejection', note);
  process.off('uncaughtException', note);
  const counts = { frames: share * options.rounds, sequences: sequences.length * 2, cutOff };
  return { ...counts, quietMs, attackedMs, heapBefore, heapAfter, unhandled, reported, equal };
}

interface Order {
  readonly greets: boolean;
  readonly frames: readonly Uint8Array[];
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface AttackerDeps {
  readonly network: ReturnType<typeof createMemoryNetwork>;
  readonly offer: RogueOffer;
  readonly around: Surroundings;
  readonly random: Random;
  onCut(): void;
}

interface Attacker {
  /** how much of its run is done, 0 to 1 */
  readonly progress: number;
  run(fuzz: readonly Uint8Array[], orders: readonly Order[]): Promise<void>;
  close(): Promise<void>;
}

function createAttacker({ network, offer, random, onCut }: AttackerDeps): Attacker {
  let rogue: Rogue | undefined;
  let progress = 0;

  async function connect(greets: boolean): Promise<Rogue> {
    await rogue?.close();
    await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS));
    // Somebody else each time: whoever comes back by the same name has to wait.
    const secretKey = random.bytes(32);
    const about = { topic: 'family', offer, secretKey, greets, onClosed: onCut };
    rogue = createRogue({ factory: network.factory('rogue'), ...about });
    return rogue;
  }
  /** A victim to send to, over a new link where the last one was ended. */
  async function victimOf(current: Rogue): Promise<Rogue['victims'][number] | undefined> {
    for (let i = 0; i < 50 && current.victims.length === 0; i++) await turn();
    return current.victims[0];
  }

  return {
    get progress() {
      return progress;
    },
    async run(fuzz, orders) {
      const steps = fuzz.length + orders.length;
      let done = 0;
      const advance = (): void => {
        progress = ++done / steps;
      };
      progress = 0;
      let current = await connect(true);
      for (let i = 0; i < fuzz.length; ) {
        const victim = await victimOf(current);
        if (victim === undefined) {
          current = await connect(true);
          continue;
        }
        // One in each turn of the event loop, so that each is taken by an open link.
        victim.sendBytes(fuzz[i++] as Uint8Array);
        advance();
        await turn();
        if (victim.closed) current = await connect(true);
      }
      for (const { greets, frames } of orders) {
        current = await connect(greets);
        const victim = await victimOf(current);
        // All at once: what comes after the end of a connection must do no harm either.
        for (const frame of frames) victim?.sendBytes(frame);
        advance();
        await turn();
      }
    },
    async close() {
      await rogue?.close();
    },
  };
}

function* wrongOrders(longest: number): Iterable<readonly (typeof FRAME_TYPES)[number][]> {
  let shorter: readonly (typeof FRAME_TYPES)[number][][] = [[]];
  for (let length = 1; length <= longest; length++) {
    shorter = shorter.flatMap((types) => FRAME_TYPES.map((type) => [...types, type]));
    yield* shorter;
  }
}

function collectedHeap(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed;
}
