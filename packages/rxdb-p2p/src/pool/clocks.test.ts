import { createRogue, type Rogue, type RogueOffer } from '@rxdb-p2p/testkit/hostile';
import { addRxPlugin, createRxDatabase, type RxDatabase } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { createMemoryNetwork, type P2PError, RxDBP2PPlugin } from '../index.ts';
import { hashSchema } from '../replica/schema.ts';

addRxPlugin(RxDBP2PPlugin);

const DAY_MS = 86_400_000;
const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 } },
  required: ['id'],
} as const;

describe('[CONN-22] a peer whose clock is off', () => {
  let database: RxDatabase | undefined;
  let rogue: Rogue | undefined;
  let count = 0;
  afterEach(async () => {
    await rogue?.close();
    await database?.close();
  });

  /** A pool that meets a peer whose clock is this far off. */
  async function meet(offMs: number, maxClockDifferenceMs?: number) {
    const network = createMemoryNetwork();
    const transport = network.factory('victim');
    const name = `clocks-${process.pid}-${++count}`;
    database = await createRxDatabase({ name, storage: getRxStorageMemory(), multiInstance: false });
    const { items } = await database.addCollections({ items: { schema } });
    const limit = maxClockDifferenceMs === undefined ? {} : { maxClockDifferenceMs };
    const pool = await items.syncP2P('family', { transport, ...limit });
    const errors: P2PError[] = [];
    pool.error$.subscribe((error) => errors.push(error));
    const offer: RogueOffer = {
      ...{ collection: 'items', schemaVersion: 0 },
      schemaHash: hashSchema(items.schema.jsonSchema as unknown as Record<string, unknown>),
      ...{ mergeMode: 'fields', sends: true, receives: true },
    };
    let opened = 0;
    rogue = createRogue({
      ...{ factory: network.factory('rogue'), topic: 'family', offer, clock: () => Date.now() + offMs },
      onOpen: () => opened++,
    });
    const phase = async () => (await firstValueFrom(pool.peerStates$)).get(rogue?.replica ?? '');
    return { phase, errors, opened: () => opened };
  }

  it.each([DAY_MS + 60_000, -DAY_MS - 60_000, 50 * 365 * DAY_MS])(
    'by %i ms is refused, and both are told',
    async (ms) => {
      const { phase, errors, opened } = await meet(ms);
      await expect.poll(phase).toMatchObject({ phase: 'refused', code: 'CLOCK_DIFFERS' });
      const [{ code, got } = { code: '', got: '' }] = errors;
      expect(code).toBe('CLOCK_DIFFERS');
      const [own = '', other = ''] = (got ?? '').match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? [];
      expect(Math.abs(Date.parse(own) - Date.now())).toBeLessThan(60_000);
      expect(Math.abs(Date.parse(other) - Date.parse(own) - ms)).toBeLessThan(60_000);
      expect(opened()).toBe(0);
    },
  );

  it.each([
    [DAY_MS - 60_000, undefined],
    [-DAY_MS + 60_000, undefined],
    [50 * 365 * DAY_MS, Number.POSITIVE_INFINITY],
  ])('by %i ms is let in where that is allowed', async (ms, limit) => {
    const { phase, errors } = await meet(ms, limit);
    await expect.poll(phase).toMatchObject({ phase: 'connecting' });
    expect(errors).toEqual([]);
  });

  it('is refused by a limit of the application', async () => {
    const { phase } = await meet(120_000, 60_000);
    await expect.poll(phase).toMatchObject({ phase: 'refused', code: 'CLOCK_DIFFERS' });
  });
});
