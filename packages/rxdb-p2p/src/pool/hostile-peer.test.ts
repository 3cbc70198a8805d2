import { encodeFrame, type Frame, PROTOCOL_VERSION, splitIntoMessages } from '@rxdb-p2p/protocol';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createMemoryNetwork,
  type Link,
  type P2PError,
  type P2PPool,
  RxDBP2PPlugin,
  type Transport,
} from '../index.ts';
import { resolveOptions } from '../plugin/options.ts';

addRxPlugin(RxDBP2PPlugin);

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;

const version: Frame = { type: 'version', version: PROTOCOL_VERSION };
const hello: Frame = {
  type: 'hello',
  replica: 'A'.repeat(43),
  session: new Uint8Array(16),
  nonce: new Uint8Array(16),
  time: 0,
  features: [],
};
const messagesOf = (...frames: Frame[]): Uint8Array[] =>
  frames.flatMap((frame) => splitIntoMessages(encodeFrame(frame), 65_536));
const garbage = Uint8Array.from({ length: 300 }, (_, i) => (i * 37) % 251);
const have: Frame = {
  type: 'have',
  channel: 1,
  hash: new Uint8Array(16),
  form: 'hash',
  entries: new Map(),
  pushedBytes: 0,
};

/** What a hostile peer says, and the code with which the connection ends. */
const ATTACKS: readonly (readonly [name: string, messages: readonly Uint8Array[], code: string])[] = [
  ['garbage', [garbage], 'PROTOCOL_ERROR'],
  ['an empty frame', [new Uint8Array(1)], 'PROTOCOL_ERROR'],
  ['garbage after HELLO', [...messagesOf(version, hello), garbage], 'PROTOCOL_ERROR'],
  [
    'a truncated frame',
    [...messagesOf(version), ...messagesOf(hello).map((message) => message.slice(0, -3))],
    'PROTOCOL_ERROR',
  ],
  ['a frame that declares 1 GiB', [Uint8Array.of(1, 0x80, 0x80, 0x80, 0x80, 0x04, 0, 0, 0)], 'FRAME_TOO_LARGE'],
  ['another version', messagesOf({ type: 'version', version: 99 }), 'VERSION_UNSUPPORTED'],
  ['HELLO before VERSION', messagesOf(hello), 'PROTOCOL_ERROR'],
  ['HELLO twice', messagesOf(version, hello, hello), 'PROTOCOL_ERROR'],
  ['HAVE on a channel that was never opened', messagesOf(version, hello, have), 'PROTOCOL_ERROR'],
  [
    'CLOSE of a channel that was never opened',
    messagesOf(version, hello, { type: 'close', channel: 7 }),
    'PROTOCOL_ERROR',
  ],
];

describe('a hostile peer', () => {
  const network = createMemoryNetwork();
  let databases: RxDatabase[] = [];
  let opened = 0;
  let rogues: Transport[] = [];
  let collections: RxCollection<{ id: string; text?: string }>[] = [];
  let pools: P2PPool[] = [];

  beforeEach(async () => {
    for (const name of ['a', 'b']) {
      const database = await createRxDatabase({
        name: `hostile-${name}-${++opened}`,
        storage: getRxStorageMemory(),
        multiInstance: false,
      });
      databases.push(database);
      const { items } = await database.addCollections({ items: { schema } });
      collections.push(items as (typeof collections)[number]);
      pools.push(await items.syncP2P('family', { transport: network.factory() }));
    }
  });
  afterEach(async () => {
    for (const database of databases) await database.close();
    for (const rogue of rogues) await rogue.close();
    rogues = [];
    databases = [];
    collections = [];
    pools = [];
  });

  it.each(ATTACKS)(
    'that sends %s is cut off with a code; the other connections go on',
    async (_name, messages, code) => {
      const [a, b] = collections;
      const [poolA, poolB] = pools;
      if (a === undefined || b === undefined || poolA === undefined || poolB === undefined) throw new Error('no pools');
      await poolA.inSync();
      const errors: P2PError[] = [];
      const subscription = poolA.error$.subscribe((error) => errors.push(error));
      const { room } = resolveOptions(a, 'family', { transport: network.factory() });
      const closed: Promise<void>[] = [];
      const rogue = network.factory().create({
        onLink(link: Link) {
          closed.push(new Promise((resolve) => link.onClose(() => resolve())));
          for (const message of messages) link.send(message);
        },
        onProblem: () => undefined,
      });
      rogues.push(rogue);
      rogue.join(room);
      await expect.poll(() => closed.length).toBe(2);
      await Promise.all(closed);
      await expect.poll(() => errors.map((error) => error.code)).toContain(code);
      await a.insert({ id: 'still', text: 'here' });
      await poolA.inSync();
      await firstValueFrom(poolB.status$.pipe(filter(({ phase }) => phase === 'in-sync')));
      expect((await b.findOne('still').exec())?.text).toBe('here');
      subscription.unsubscribe();
    },
  );
});
