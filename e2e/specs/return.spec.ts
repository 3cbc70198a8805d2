/**
 * A device that was away, asleep or elsewhere is in sync again within seconds of its return. It runs in a network
 * namespace of its own, so that its address can change; that needs root.
 */
import { NOTES } from '../fixtures/data.ts';
import type { OwnNetwork } from '../fixtures/own-network.ts';
import type { Peer } from '../fixtures/peer.ts';
import type { Signaling } from '../fixtures/signaling.ts';
import { expectConverged, openAndSync } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

/** Long enough for the others to give it up. */
const AWAY_MS = Number(process.env['E2E_AWAY_SECONDS'] ?? 12) * 1_000;
/** Of the return. */
const WITHIN_MS = 10_000;

interface Away {
  readonly a: Peer;
  readonly network: OwnNetwork;
  readonly signaling: Signaling;
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function asleep({ a }: Away, meanwhile: () => Promise<void>): Promise<void> {
  a.freeze();
  await meanwhile();
  await wait(AWAY_MS);
  a.thaw();
}

const RETURNS: readonly (readonly [string, (away: Away, write: () => Promise<void>) => Promise<void>])[] = [
  ['was asleep', (away, write) => asleep(away, write)],
  [
    'has another address',
    async ({ network }, write) => {
      await network.changeAddress();
      await write();
    },
  ],
  [
    'had no network, and the server was restarted',
    async ({ network, signaling }, write) => {
      await network.setLink(false);
      await write();
      await signaling.stop();
      await wait(AWAY_MS);
      await signaling.start();
      await network.setLink(true);
    },
  ],
  [
    'was asleep, woke up elsewhere, and the server was restarted',
    (away, write) =>
      asleep(away, async () => {
        await write();
        await away.signaling.stop();
        await away.network.changeAddress();
        await away.signaling.start();
      }),
  ],
];

for (const [what, leaveAndReturn] of RETURNS) {
  test(`a device that ${what} is in sync again within 10 s`, async ({ launchPeer, launchMovingPeer, signaling }) => {
    test.setTimeout(120_000 + AWAY_MS);
    const { peer: a, network } = await launchMovingPeer('a');
    const b = await launchPeer('b');
    await openAndSync(a, 'return', [NOTES]);
    await openAndSync(b, 'return', [NOTES]);
    await a.call('insert', 'notes', [{ id: 'before', text: 'both have it' }]);
    await expectConverged('notes', [a, b], (all) => all.length === 1);

    await leaveAndReturn({ a, network, signaling }, () =>
      b.call('insert', 'notes', [{ id: 'meanwhile', text: 'from b' }]).then(() => undefined),
    );
    const returnedAt = Date.now();
    await a.call('insert', 'notes', [{ id: 'after', text: 'from a' }]);
    await expect
      .poll(async () => [await a.call('count', 'notes'), await b.call('count', 'notes')], {
        intervals: [50],
        timeout: 60_000,
      })
      .toEqual([3, 3]);
    await Promise.all([a.call('inSync', 'notes'), b.call('inSync', 'notes')]);
    const took = Date.now() - returnedAt;
    console.log(`a device that ${what} is in sync again ${(took / 1_000).toFixed(1)} s after its return`);
    await expectConverged('notes', [a, b], (all) => all.length === 3);
    expect(took).toBeLessThan(WITHIN_MS);
  });
}
