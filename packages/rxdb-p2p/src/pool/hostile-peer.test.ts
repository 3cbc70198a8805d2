import { encodeFrame, type Frame, PROTOCOL_VERSION, splitIntoMessages } from '@rxdb-p2p/protocol';
import { deriveTopicKeys } from '@rxdb-p2p/protocol/secrecy';
import { createRogue } from '@rxdb-p2p/testkit/hostile';
import { addRxPlugin, createRxDatabase, type RxCollection, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { filter, firstValueFrom } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryNetwork, type Link, type P2PError, type P2PPool, RxDBP2PPlugin } from '../index.ts';
import { hashSchema } from '../replica/schema.ts';

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
  session: new Uint8Array(16),
  time: 0,
  features: [],
};
const noise: Frame = { type: 'noise', data: new Uint8Array(48).fill(9) };
const proof: Frame = { type: 'proof', data: new Uint8Array(112) };
const foreignOpen: Frame = {
  ...{ type: 'open', channel: 2, proof: new Uint8Array(32), collection: 'items', schemaVersion: 0 },
  ...{ schemaHash: 's'.repeat(43), mergeMode: 'fields', sends: true, receives: true },
};
const KEYS = deriveTopicKeys(undefined, { namespace: 'app', topic: 'family' });
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

/** What a stranger says, who does not know the topic, and the code with which the connection ends. */
const STRANGERS: readonly (readonly [name: string, messages: readonly Uint8Array[], code: string])[] = [
  ['garbage', [garbage], 'PROTOCOL_ERROR'],
  ['an empty frame', [new Uint8Array(1)], 'PROTOCOL_ERROR'],
  ['garbage after VERSION', [...messagesOf(version), garbage], 'PROTOCOL_ERROR'],
  [
    'a truncated frame',
    [...messagesOf(version), ...messagesOf(noise).map((message) => message.slice(0, -3))],
    'PROTOCOL_ERROR',
  ],
  ['a frame that declares 1 GiB', [Uint8Array.of(1, 0x80, 0x80, 0x80, 0x80, 0x04, 0, 0, 0)], 'FRAME_TOO_LARGE'],
  ['a frame that declares 2 KiB', [Uint8Array.of(1, 0, 0, 8, 0, 0, 0, 0)], 'FRAME_TOO_LARGE'],
  ['another version', messagesOf({ type: 'version', version: 99 }), 'VERSION_UNSUPPORTED'],
  ['HELLO before VERSION', messagesOf(hello), 'PROTOCOL_ERROR'],
  ['HELLO before the handshake', messagesOf(version, hello), 'PROTOCOL_ERROR'],
  ['a handshake that is none', messagesOf(version, noise), 'HANDSHAKE_UNREADABLE'],
  ['a proof before the handshake', messagesOf(version, proof), 'PROTOCOL_ERROR'],
];

/** What a member says, once its channel is open. */
const MEMBERS: readonly (readonly [name: string, messages: readonly Uint8Array[], code: string])[] = [
  ['garbage', [garbage], 'PROTOCOL_ERROR'],
  ['HELLO twice', messagesOf(hello), 'PROTOCOL_ERROR'],
  ['another handshake', messagesOf(noise), 'PROTOCOL_ERROR'],
  ['HAVE on a channel that was never opened', messagesOf({ ...have, channel: 9 }), 'PROTOCOL_ERROR'],
  ['CLOSE of a channel that was never opened', messagesOf({ type: 'close', channel: 7 }), 'PROTOCOL_ERROR'],
  ['HAVE for a topic that it does not have', messagesOf(foreignOpen, { ...have, channel: 2 }), 'TOPIC_UNPROVED'],
];

describe('a hostile peer', () => {
  const network = createMemoryNetwork();
  let databases: RxDatabase[] = [];
  let opened = 0;
  let rogues: { close(): Promise<void> }[] = [];
  let closed: Promise<void>[] = [];
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
    closed = [];
    databases = [];
    collections = [];
    pools = [];
  });

  async function expectCutOff(attack: () => void, code: string): Promise<void> {
    const [a, b] = collections;
    const [poolA, poolB] = pools;
    if (a === undefined || b === undefined || poolA === undefined || poolB === undefined) throw new Error('no pools');
    await poolA.inSync();
    const errors: P2PError[] = [];
    const subscription = poolA.error$.subscribe((error) => errors.push(error));
    attack();
    await expect.poll(() => closed.length).toBe(2);
    await Promise.all(closed);
    await expect.poll(() => errors.map((error) => error.code)).toContain(code);
    await a.insert({ id: 'still', text: 'here' });
    await poolA.inSync();
    await firstValueFrom(poolB.status$.pipe(filter(({ phase }) => phase === 'in-sync')));
    expect((await b.findOne('still').exec())?.text).toBe('here');
    subscription.unsubscribe();
  }

  const closing = (link: Link): number => closed.push(new Promise((resolve) => link.onClose(() => resolve())));

  it.each(STRANGERS)('that sends %s is cut off with a code; the other connections go on', async (_, messages, code) => {
    await expectCutOff(() => {
      const rogue = network.factory().create({
        onLink(link: Link) {
          closing(link);
          for (const message of messages) link.send(message);
        },
        onProblem: () => undefined,
      });
      rogues.push(rogue);
      rogue.join(KEYS.room, KEYS.signal);
    }, code);
  });

  it.each(MEMBERS)('that is a member and sends %s is cut off with a code', async (_, messages, code) => {
    await expectCutOff(() => {
      const offer = {
        ...{ collection: 'items', schemaVersion: 0, mergeMode: 'fields', sends: true, receives: true },
        schemaHash: hashSchema(collections[0]?.schema.jsonSchema as unknown as Record<string, unknown>),
      };
      const rogue = createRogue({
        ...{ factory: network.factory(), topic: 'family', offer },
        onOpen({ link }) {
          for (const message of messages) link.send(message);
        },
        onClosed: () => closed.push(Promise.resolve()),
      });
      rogues.push(rogue);
    }, code);
  });
});
