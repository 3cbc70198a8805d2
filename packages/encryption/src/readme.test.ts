/** The README tells the truth: its examples run, against the built package, and its tables name what there is. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import * as limits from './keys/key-limits.ts';
import { WRAPPED_KEY_BYTES } from './keys/wrapped-key.ts';

const FOLDER = join(import.meta.dirname, '..');
const README = readFileSync(join(FOLDER, 'README.md'), 'utf8');
const examples = [...README.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? '');

it('the examples run, one after the other', async () => {
  const [first, passwords, migration, ...others] = examples;
  expect(others).toEqual([]);
  // Migrates a database of another name, which RxDB's plugin has made.
  const old = `
const plugin = (await import('rxdb/plugins/encryption-crypto-js')).wrappedKeyEncryptionCryptoJsStorage;
const before = await createRxDatabase({ name: 'old', storage: plugin({ storage: getRxStorageDexie() }), password: 'the old password' });
await before.addCollections({ entries: { schema: { version: 0, primaryKey: 'id', type: 'object', encrypted: ['text'],
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } }, required: ['id'] } } });
await before.entries.insert({ id: 'a', text: 'from before' });
await before.close();
`;
  const last = `
const moved = await createRxDatabase({ name: 'old', storage: encryptedStorage({ storage }), password: 'correct horse battery staple' });
await moved.addCollections({ entries: { schema: { version: 0, primaryKey: 'id', type: 'object', encrypted: ['text'],
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } }, required: ['id'] } } });
const [entry] = await db.entries.find().exec();
const [other] = await moved.entries.find().exec();
console.log('RESULT ' + JSON.stringify([entry.text, entry.place.street, other.text, unreadable, (await encryption.slots()).length]));
process.exit();
`;
  const insert = `await db.entries.insert({ id: 'a', day: '2026-11-21', text: 'a day', place: { country: 'x', street: 'y' } });\n`;
  const program = [
    "import 'fake-indexeddb/auto';\n",
    ...[first, insert, passwords, old],
    migration?.replaceAll("'diary'", "'old'"),
    last,
  ].join('\n');
  const folder = mkdtempSync(join(FOLDER, '.readme-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'examples.mjs');
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 90_000 });
  const result = /^RESULT (.*)$/m.exec(stdout)?.[1] ?? stdout;
  expect(JSON.parse(result)).toEqual(['a day', 'y', 'from before', [], 2]);
}, 100_000);

it('every code of an error is explained', () => {
  const source = readFileSync(join(import.meta.dirname, 'errors.ts'), 'utf8');
  const codes = [...source.matchAll(/^ {2}\| '([A-Z_]+)'/gm)].map((match) => match[1]);
  expect(codes.length).toBeGreaterThan(10);
  for (const code of codes) expect(README).toContain(`\`${code}\``);
});

it('the limits are those of the code', () => {
  const { MAX_SLOTS, SCRYPT_N, SCRYPT_R, SCRYPT_P, MIN_SCRYPT_N, MAX_SCRYPT_N } = limits;
  expect([SCRYPT_N, MIN_SCRYPT_N, MAX_SCRYPT_N, SCRYPT_R, SCRYPT_P]).toEqual([2 ** 17, 2 ** 17, 2 ** 20, 8, 1]);
  expect(README).toContain(
    'N = 2^17, r = 8, p = 1, stored with each slot; accepted when read back: N from 2^17 to 2^20',
  );
  expect(README).toContain(`| slots | ${MAX_SLOTS}; `);
  expect(README).toContain(`A wrapped key, ${WRAPPED_KEY_BYTES} bytes in base64:`);
  expect(README).toContain(
    `a passphrase of ${limits.MIN_PASSPHRASE_LENGTH} to ${limits.MAX_PASSPHRASE_LENGTH.toLocaleString('en-US')} characters`,
  );
});
