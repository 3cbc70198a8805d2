import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { base64url, fromBase64url } from '@rxdb-p2p/protocol';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { afterEach, describe, expect, it } from 'vitest';
import { openSidecar, type Sidecar } from '../journal/sidecar.ts';
import { loadIdentity } from './identity.ts';

describe('the identity of a replica', () => {
  const opened: Sidecar[] = [];
  afterEach(async () => {
    for (const sidecar of opened.splice(0)) await sidecar.close();
  });

  async function open(databaseName: string, password?: string): Promise<Sidecar> {
    const storage = getRxStorageMemory() as never;
    const names = { databaseName, databaseInstanceToken: databaseName, name: '_p2p_identity' };
    const sidecar = await openSidecar({ storage, ...names, password });
    opened.push(sidecar);
    return sidecar;
  }

  it('[VER-1] is the hash of the public key whose secret key it signs with', async () => {
    const identity = await loadIdentity(await open('identity-signs'));
    const message = new TextEncoder().encode('a handshake');
    const signature = (await identity.signer()).sign(message);
    expect(ed25519.verify(signature, message, identity.publicKey, { zip215: false })).toBe(true);
    expect(identity.replica).toBe(base64url(sha256(identity.publicKey)));
  });

  it('is the same for all who make it at once', async () => {
    const sidecar = await open('identity-raced');
    const made = await Promise.all([1, 2, 3, 4].map(() => loadIdentity(sidecar)));
    expect(new Set(made.map(({ replica }) => replica)).size).toBe(1);
  });

  it('shows its secret key to nobody who looks at it', async () => {
    const sidecar = await open('identity-shown');
    const identity = await loadIdentity(sidecar);
    const row = (await sidecar.readAll()).find(({ key }) => key === 'key');
    const { secretKey } = JSON.parse(row?.text ?? '{}') as { secretKey: string };
    expect(fromBase64url(secretKey)).toHaveLength(32);
    const { inspect } = await import('node:util');
    const shown = [
      JSON.stringify(identity),
      inspect(identity, { depth: 9, showHidden: true }),
      String(identity),
    ].join();
    expect(shown).not.toContain(secretKey);
    expect(Object.values(identity)).not.toContainEqual(fromBase64url(secretKey));
  });

  it.each(['{"v":1,"secretKey":"A', '[]', '{"v":2}'])(
    'is not made anew over a key that cannot be read: %s',
    async (text) => {
      const sidecar = await open(`identity-damaged-${text.length}`);
      await sidecar.insert([{ key: 'key', text }]);
      await expect(loadIdentity(sidecar)).rejects.toMatchObject({ code: 'IDENTITY_UNREADABLE' });
    },
  );

  it('says that its key is in plain, also where there is a password and nothing that encrypts', async () => {
    for (const password of [undefined, 'a password of the database']) {
      const sidecar = await open(`identity-plain-${String(password)}`, password);
      expect((await loadIdentity(sidecar)).keyStorage).toBe('plain');
    }
  });
});
