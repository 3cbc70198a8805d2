/**
 * A replica in Node: RxDB on files, WebRTC by node-datachannel, everything else as a page has it. Does what the lines on
 * stdin say, answers each with a line, and ends by itself after `close`: nothing here ends the process.
 */
import { createInterface } from 'node:readline';
import * as wrtc from 'node-datachannel/polyfill';
import { LocalStorage } from 'node-localstorage';
import { addRxPlugin, createRxDatabase } from 'rxdb';
import { getRxStorageLocalstorage } from 'rxdb/plugins/storage-localstorage';
import { getConnectionHandlerSimplePeer, RxDBP2PPlugin } from 'rxdb-p2p';

/** Of the folder, bytes: node-localstorage has a limit as browsers have. */
const QUOTA_BYTES = 1024 ** 3;

const [folder, signalingServerUrl, topic, schema, secret] = process.argv.slice(2);

addRxPlugin(RxDBP2PPlugin);
const storage = getRxStorageLocalstorage({ localStorage: new LocalStorage(folder, QUOTA_BYTES) });
const db = await createRxDatabase({ name: 'replica', storage, multiInstance: false });
const { notes } = await db.addCollections({ notes: { schema: JSON.parse(schema) } });
// Tests stay on this machine.
const config = { bindAddress: '127.0.0.1' };
const transport = getConnectionHandlerSimplePeer({ signalingServerUrl, wrtc, config });
const pool = await notes.syncP2P(topic, secret === undefined ? { transport } : { transport, secret });
const problems = [];
pool.error$.subscribe((error) => problems.push(error.code));

const commands = {
  insert: async (documents) => (await notes.bulkInsert(documents)).error.length,
  patch: async ({ id, changes }) => void (await (await notes.findOne(id).exec()).patch(changes)),
  remove: async (id) => void (await (await notes.findOne(id).exec()).remove()),
  count: () => notes.count().exec(),
  read: async () => (await notes.find({ sort: [{ id: 'asc' }] }).exec()).map((note) => note.toJSON()),
  inSync: () => pool.inSync(),
  problems: () => problems,
  async close() {
    await db.close();
    lines.close();
  },
};

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const [name, argument] = JSON.parse(line);
  const answer = (await commands[name](argument)) ?? null;
  console.log(JSON.stringify({ answer }));
}
