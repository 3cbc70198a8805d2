import { afterEach, describe, expect, it } from 'vitest';
import { hex } from '../cipher/bytes.ts';
import { type DataKey, dataKey } from './data-key.ts';
import { createKeyChannel, type KeyChannel } from './key-channel.ts';
import { createKeyRing, type KeyRing } from './key-ring.ts';
import { sealKey } from './previous-key.ts';

const databaseId = crypto.getRandomValues(new Uint8Array(16));
const newKey = (): DataKey =>
  dataKey(crypto.getRandomValues(new Uint8Array(8)), crypto.getRandomValues(new Uint8Array(32)), databaseId);

const open: { close(): void }[] = [];
afterEach(() => {
  for (const channel of open.splice(0)) channel.close();
});

function openTab(key: DataKey): { readonly ring: KeyRing; readonly channel: KeyChannel; readonly announced: string[] } {
  const ring = createKeyRing(key);
  const announced: string[] = [];
  const channel = createKeyChannel({ databaseId, ring, onAnnounced: ({ name }) => announced.push(name) });
  open.push(channel);
  return { ring, channel, announced };
}

describe('a new key', () => {
  it('reaches tabs that know one before, and nobody else', async () => {
    const [shared, next] = [newKey(), newKey()];
    const [here, there, stranger] = [openTab(shared), openTab(shared), openTab(newKey())];
    here.ring.add(next);
    here.channel.announce(next);
    await expect.poll(() => there.announced).toEqual([next.name]);
    expect(there.ring.get(next.name)?.key).toEqual(next.key);
    expect([stranger.announced, stranger.ring.all().length]).toEqual([[], 1]);
  });

  it('can be asked for, and an answer does not make it the one to seal with', async () => {
    const [shared, next] = [newKey(), newKey()];
    const [here, there] = [openTab(shared), openTab(shared)];
    here.ring.add(next);
    const asked = [there.channel.learn(next.name), there.channel.learn(next.name)];
    expect(await Promise.all(asked)).toEqual([true, true]);
    expect([there.announced, there.ring.current().name]).toEqual([[], shared.name]);
    expect(await there.channel.learn('0000000000000000')).toBe(false);
  });

  it('does not come from nonsense, from other databases or from older keys that were changed', async () => {
    const [shared, next] = [newKey(), newKey()];
    const tab = openTab(shared);
    const outside = new BroadcastChannel(`rxdb-p2p-encryption ${hex(databaseId)}`);
    const sealed = sealKey(shared, next, databaseId, 'handover');
    const flipped = sealed.slice();
    flipped[50] = (flipped[50] ?? 0) ^ 1;
    const wrong = [
      ...[undefined, null, 5, 'key', {}, { type: 'key' }, { type: 'want', name: 5, knows: [] }, { type: 'other' }],
      { type: 'key', seals: true, sealed: [new Uint8Array(90)] },
      { type: 'key', seals: true, sealed: [flipped] },
      { type: 'key', seals: true, sealed: Array.from({ length: 17 }, () => sealed) },
      { type: 'key', seals: true, sealed: [sealKey(shared, next, databaseId, 'previous key')] },
      { type: 'key', seals: true, sealed: [sealKey(shared, next, new Uint8Array(16), 'handover')] },
      { type: 'want', name: shared.name, knows: Array.from({ length: 17 }, () => shared.name) },
    ];
    for (const message of wrong) outside.postMessage(message);
    outside.postMessage({ type: 'key', seals: true, sealed: [sealed] });
    await expect.poll(() => tab.announced).toEqual([next.name]);
    expect(tab.ring.all()).toHaveLength(2);
    outside.close();
  });
});
