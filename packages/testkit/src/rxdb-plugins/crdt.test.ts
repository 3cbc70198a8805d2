/** RxDB's CRDT plugin, whose handler merges operations: the same everywhere, whatever came first. */
import { addRxPlugin, type RxCollectionCreator } from 'rxdb';
import { getCRDTSchemaPart, RxDBcrdtPlugin } from 'rxdb/plugins/crdt';
import { createMemoryNetwork } from 'rxdb-p2p';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, createTestDevice, type OpenDevice, settled, shown } from './devices.ts';

addRxPlugin(RxDBcrdtPlugin);
afterEach(closeAll);

const creator = {
  schema: {
    version: 0,
    type: 'object',
    primaryKey: 'id',
    properties: {
      id: { type: 'string', maxLength: 40 },
      points: { type: 'integer' },
      crdts: getCRDTSchemaPart(),
    },
    required: ['id', 'points'],
    crdt: { field: 'crdts' },
  },
} as unknown as RxCollectionCreator;
const options = { conflictHandlerVersion: 'crdt-1' };

async function add({ items }: OpenDevice, points: number): Promise<void> {
  await (await items.findOne('game').exec())?.updateCRDT({ ifMatch: { $inc: { points } } } as never);
}

describe('RxDB’s CRDT plugin', () => {
  it('adds up what was counted at once on three devices, and what comes after it', async () => {
    const network = createMemoryNetwork();
    const devices = [createTestDevice(), createTestDevice(), createTestDevice()];
    const open = await Promise.all(devices.map((device) => device.open(creator, network, options)));
    const [a, b, c] = open as [OpenDevice, OpenDevice, OpenDevice];
    await (a.items as unknown as { insertCRDT(operation: unknown): Promise<unknown> }).insertCRDT({
      ifMatch: { $set: { id: 'game', points: 1 } },
    });
    await settled(...open);
    for (const [i, one] of devices.entries()) for (const two of devices.slice(i + 1)) network.cut(one.name, two.name);
    await add(a, 10);
    await add(b, 100);
    await add(b, 100);
    await add(c, 1_000);
    network.heal();
    await settled(...open);
    for (const device of open) expect(await shown(device)).toMatchObject([{ id: 'game', points: 1_211 }]);
    await add(b, 10_000);
    await settled(...open);
    for (const device of open) expect(await shown(device)).toMatchObject([{ id: 'game', points: 11_211 }]);
    expect(await shown(b)).toEqual(await shown(a));
    expect(await shown(c)).toEqual(await shown(a));
    for (const device of open) expect(device.problems).toEqual([]);
  });

  it('merges a delete and what was counted at once', async () => {
    const network = createMemoryNetwork();
    const devices = [createTestDevice(), createTestDevice()];
    const open = await Promise.all(devices.map((device) => device.open(creator, network, options)));
    const [a, b] = open as [OpenDevice, OpenDevice];
    await (a.items as unknown as { insertCRDT(operation: unknown): Promise<unknown> }).insertCRDT({
      ifMatch: { $set: { id: 'game', points: 1 } },
    });
    await settled(...open);
    network.cut(devices[0]?.name ?? '', devices[1]?.name ?? '');
    await add(a, 10);
    await (await b.items.findOne('game').exec())?.remove();
    network.heal();
    await settled(...open);
    expect(await shown(b)).toEqual(await shown(a));
    for (const device of open) expect(device.problems).toEqual([]);
  });
});
