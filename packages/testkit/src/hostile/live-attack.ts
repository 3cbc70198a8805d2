/**
 * A live session under attack: two devices that sync, and a member of their room, in another thread, that sends one of them
 * fuzzed frames, and valid frames in every wrong order, as fast as it can. Rounds with and without attack take turns, so
 * that what else the machine does weighs on both alike.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork, type P2PPool, RxDBP2PPlugin } from 'rxdb-p2p';
import { hashSchema, type Transport, type TransportEvents, type TransportFactory } from 'rxdb-p2p/testing';
import { createAttacker, TOPIC } from './attacker.ts';
import { FRAME_TYPES } from './frame-fuzz.ts';

export interface AttackOptions {
  readonly seed: number;
  /** New links of the attacker in a second, at most. Over WebRTC it is two, whoever asks: `answersPerMinute` of the mesh. */
  readonly linksPerSecond: number;
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
  /** messages of the attacker that came on links that were open: what comes later is dropped unread */
  readonly taken: number;
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

const GOOD_DOCUMENTS = 20;
const WARM_UP_WRITES = 300;

export async function attackLiveSession(options: AttackOptions): Promise<AttackReport> {
  addRxPlugin(RxDBP2PPlugin);
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', note);
  process.on('uncaughtException', note);
  // The attacker knows one of the two; the other one must not be worse off for it.
  const network = createMemoryNetwork({ delayMs: () => options.delayMs });
  let victim: TransportEvents | undefined;
  const factoryOf = (name: string): TransportFactory => {
    const factory = network.factory(name);
    const create = (events: TransportEvents): Transport => {
      if (name === 'a') victim = events;
      return factory.create(events);
    };
    return { key: factory.key, create };
  };
  const databases: RxDatabase[] = [];
  const reported = new Map<string, number>();

  async function open(name: string): Promise<{ items: RxCollection<Item>; pool: P2PPool }> {
    const storage = getRxStorageMemory();
    const database = await createRxDatabase({ name: `attack-${process.pid}-${name}`, storage, multiInstance: false });
    databases.push(database);
    const { items } = await database.addCollections({ items: { schema } });
    const pool = await items.syncP2P(TOPIC, { transport: factoryOf(name) });
    return { items: items as unknown as RxCollection<Item>, pool };
  }

  const a = await open('a');
  const b = await open('b');
  a.pool.error$.subscribe(({ code }) => reported.set(code, (reported.get(code) ?? 0) + 1));
  await b.items.insert({ id: 'first', text: 'before' });
  await Promise.all([a.pool.inSync(), b.pool.inSync()]);

  const schemaHash = hashSchema(a.items.schema.jsonSchema as unknown as Record<string, unknown>);

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

  const { seed, linksPerSecond } = options;
  const attacker = createAttacker({ seed, linksPerSecond, schemaHash, collection: 'items' }, (link) =>
    victim?.onLink(link),
  );
  const quietMs: number[] = [];
  const attackedMs: number[] = [];
  let heapBefore = 0;
  const share = Math.ceil(options.frames / options.rounds);
  const sequences = [...wrongOrders(options.orders)];
  const sequenceShare = Math.ceil(sequences.length / options.rounds);
  for (let round = 0; round < options.rounds; round++) {
    for (let i = 0; i < options.writes; i++) {
      quietMs.push(await writeOne());
      await pause();
    }
    const raid = {
      frames: share,
      sequences: sequences.slice(round * sequenceShare, (round + 1) * sequenceShare),
    };
    let attacking = true;
    const attack = attacker.raid(raid).then(() => {
      attacking = false;
    });
    // As many writes as in a quiet round, spread over the attack: what they leave in memory is not the attacker's.
    for (let i = 1; attacking && i <= options.writes; i++) {
      attackedMs.push(await writeOne());
      while (attacking && attacker.progress < i / options.writes) await pause();
    }
    await attack;
    if (round === 0) heapBefore = collectedHeap();
  }
  const { cutOff, taken } = attacker;
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
  const counts = { frames: share * options.rounds, taken, sequences: sequences.length * 2, cutOff };
  return { ...counts, quietMs, attackedMs, heapBefore, heapAfter, unhandled, reported, equal };
}

/** Between two writes: those that are measured must not be each other's load. */
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

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
