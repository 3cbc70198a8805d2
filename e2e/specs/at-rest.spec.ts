/** What is left of encrypted documents in the files of a browser's profile: nothing that can be read. */
import { createHash, scryptSync } from 'node:crypto';
import type { Peer } from '../fixtures/peer.ts';
import { searchProfile } from '../fixtures/profile-search.ts';
import { expectConverged } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';
import type { CollectionSetup } from '../page/api.ts';

const properties = {
  id: { type: 'string', maxLength: 40 },
  title: { type: 'string' },
  text: { type: 'string' },
  inner: { type: 'object', properties: { deep: { type: 'array', items: { type: 'string' } } } },
} as const;

/** Without a password, the same fields are stored in plain: that the search finds them shows that it can. */
function collections(encrypted: boolean): readonly CollectionSetup[] {
  const schema = { version: 0, primaryKey: 'id', type: 'object', properties, required: ['id'] } as const;
  const fields = encrypted ? { encrypted: ['text', 'inner.deep'] } : {};
  return [
    { name: 'notes', schema: { ...schema, ...fields } },
    { name: 'files', schema: { ...schema, ...fields, attachments: encrypted ? { encrypted: true } : {} } },
  ] as unknown as readonly CollectionSetup[];
}

const PASSWORD = 'canary of the password';

/** No canary is part of another one. The long one is larger than what Chromium keeps inside its tables. */
/** Of the topic, and what is kept of it, encrypted, so that it is not stretched at every start. */
const PASSPHRASE = 'wombat lantern gravel quilt 7f3z';
const STRETCHED = scryptSync(
  PASSPHRASE,
  Buffer.concat([Buffer.from('rxdb-p2p passphrase 1'), Buffer.from('\0\x03app'), Buffer.from('\0\x07at rest')]),
  32,
  { N: 2 ** 17, r: 8, p: 1, maxmem: 2 ** 28 },
).toString('base64url');

const CANARIES = {
  text: 'canary-text-7f3a',
  umlaut: 'kanärie-ümläut-7f3b',
  script: 'канарейка-7f3c',
  nested: 'canary-nested-7f3d',
  long: 'canary-long-7f3e',
  edited: 'canary-edited-7f3f',
  contestedA: 'canary-contested-a-7f40',
  contestedB: 'canary-contested-b-7f41',
  attached: 'canary-attached-7f42',
  received: 'canary-received-7f43',
  many: 'canary-many-7f44',
} as const;
/** What is not a document: of the replica's key pair, the name of the field. */
const KEY_PAIR = 'secretKey';

/** Enough for LevelDB to write tables: it compresses those, and not its log. */
const MANY = 6_000;
const FILLING = ' lorem ipsum dolor sit amet'.repeat(40);

async function use(a: Peer, b: Peer, passwords: readonly [string, string] | undefined): Promise<void> {
  const setups = collections(passwords !== undefined);
  const open = (peer: Peer, password: string | undefined) =>
    peer.call('open', { database: 'e2e', collections: setups, ...(password === undefined ? {} : { password }) });
  await open(a, passwords?.[0]);
  await open(b, passwords?.[1]);
  await a.call('insert', 'notes', [
    { id: 'n1', title: 'title in plain', text: CANARIES.text, inner: { deep: [CANARIES.nested] } },
    { id: 'n2', title: 'title in plain', text: CANARIES.umlaut },
    { id: 'n3', title: 'title in plain', text: CANARIES.script },
    { id: 'n4', title: 'title in plain', text: `${'x'.repeat(100_000)}${CANARIES.long}${'y'.repeat(100_000)}` },
    { id: 'c', title: 'contested', text: CANARIES.contestedA },
  ]);
  await b.call('insert', 'notes', [
    { id: 'c', title: 'contested', text: CANARIES.contestedB },
    { id: 'r', title: 'received', text: CANARIES.received },
  ]);
  const many = Array.from({ length: MANY }, (_, i) => ({
    id: `m${i}`,
    title: 'one of many',
    text: CANARIES.many + i + FILLING,
  }));
  await a.call('insert', 'notes', many);
  await a.call('insert', 'files', [{ id: 'f', title: 'a file', text: CANARIES.text }]);
  await a.call('attach', 'files', 'f', 'file.txt', CANARIES.attached);
  for (const peer of [a, b])
    await peer.call('sync', 'notes', 'at rest', { signaling: peer.signaling, secret: PASSPHRASE });
  await expectConverged('notes', [a, b], (documents) => documents.length === MANY + 6);
  await a.call('patch', 'notes', 'n1', { text: CANARIES.edited });
  await expectConverged('notes', [a, b], (documents) => documents.some(({ text }) => text === CANARIES.edited));
  await a.call('inSync', 'notes');
  expect(await a.call('contested', 'notes')).toHaveLength(1);
  // A browser that starts again moves what its logs hold into compressed tables.
  for (let i = 0; i < 2; i++) {
    await a.kill();
    await a.relaunch();
    await open(a, passwords?.[0]);
    await a.call('count', 'notes');
    await a.call('count', 'files');
  }
  await a.kill();
}

test('encrypted: neither fields nor attachments, journal, keys, password or its hash are in the files', async ({
  launchPeer,
}) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await use(a, b, [PASSWORD, 'another password']);
  const hashes = [PASSWORD, JSON.stringify(PASSWORD)].flatMap((text) => {
    const hash = createHash('sha256').update(text).digest();
    return [hash.toString('hex'), hash.toString('base64')];
  });
  const search = await searchProfile(a.profile, [
    ...Object.values(CANARIES),
    KEY_PAIR,
    PASSPHRASE,
    STRETCHED,
    PASSWORD,
    ...hashes,
    'title in plain',
  ]);
  expect([...search.found.keys()]).toEqual(['title in plain']);
  expect(search.tables).toBeGreaterThan(0);
  expect(search.decompressed).toBeGreaterThan(0);
  console.log(
    `encrypted: ${search.files} files, ${search.tables} of them tables, ${search.bytes} bytes, ${search.decompressed} blocks and values decompressed`,
  );
});

test('not encrypted: the same search finds every one of them', async ({ launchPeer }) => {
  const [a, b] = [await launchPeer('a'), await launchPeer('b')];
  await use(a, b, undefined);
  const wanted = [...Object.values(CANARIES), KEY_PAIR, 'title in plain'];
  const search = await searchProfile(a.profile, wanted);
  expect([...search.found.keys()].toSorted()).toEqual(wanted.toSorted());
  expect(search.decompressed).toBeGreaterThan(0);
  console.log(
    `control: ${search.files} files, ${search.tables} of them tables, ${search.bytes} bytes, ${search.decompressed} blocks and values decompressed`,
  );
  for (const [text, encodings] of search.found) console.log(`  ${text}: ${encodings.join(', ')}`);
});

test('several tabs: one changes the password and rotates the key while the other writes', async ({ launchPeer }) => {
  const a = await launchPeer('a');
  const [setup] = collections(true);
  if (setup === undefined) throw new Error('no collection');
  const open = (tab: Pick<Peer, 'call'>, password: string) =>
    tab.call('open', { database: 'e2e', collections: [setup], password });
  await open(a, PASSWORD);
  const notes = Array.from({ length: 1_000 }, (_, i) => ({ id: `n${i}`, title: 't', text: CANARIES.text + i }));
  await a.call('insert', 'notes', notes);
  const tab = await a.openTab();
  expect(await tab.codeOf('open', { database: 'e2e', collections: [setup], password: 'not the password' })).toBe(
    'WRONG_PASSWORD',
  );
  await open(tab, PASSWORD);
  await a.call('changePassword', PASSWORD, 'the next password');
  let rotated = false;
  const rotating = a.call('rotateKey', 'the next password').then(() => {
    rotated = true;
  });
  let written = 0;
  // One more when the key has been rotated: the other tab has followed.
  for (let last = false; !last; written++) {
    last = rotated;
    await tab.call('insert', 'notes', [{ id: `there${written}`, title: 't', text: `written there ${written}` }]);
  }
  await rotating;
  expect(written).toBeGreaterThan(1);
  await a.call('insert', 'notes', [{ id: 'here', title: 't', text: 'written here' }]);
  const count = notes.length + written + 1;
  for (const reader of [a, tab]) {
    await expect.poll(async () => (await reader.call('read', 'notes')).length).toBe(count);
    const texts = new Set((await reader.call('read', 'notes')).map(({ text }) => text));
    expect(texts).toContain('written here');
    expect(texts).toContain(`written there ${written - 1}`);
  }
  await a.kill();
  await a.relaunch();
  expect(await a.codeOf('open', { database: 'e2e', collections: [setup], password: PASSWORD })).toBe('WRONG_PASSWORD');
  await open(a, 'the next password');
  expect(await a.call('read', 'notes')).toHaveLength(count);
});
