/** What it costs to compare all documents with the journal: every document is read once, by an index, a page at a time. */
import type { prepareQuery } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createFieldsPolicy, type DocumentStorage } from 'rxdb-p2p/testing';
import { expect, it } from 'vitest';
import { createDevice } from './device.ts';
import { createSimNetwork } from './network.ts';
import { createRandom } from './random.ts';
import { createVirtualTime } from './virtual-time.ts';

const DOCUMENTS = 3_300;
const DELETED = 1_200;

it('a comparison reads every document once, and no page needs more than itself', async () => {
  const random = createRandom(3);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: 5 });
  const read: string[] = [];
  const plans: ReturnType<typeof prepareQuery>['queryPlan'][] = [];
  let sought = 0;
  const watched = (documents: DocumentStorage): DocumentStorage =>
    Object.create(documents, {
      query: {
        async value(query: ReturnType<typeof prepareQuery>) {
          plans.push(query.queryPlan);
          const result = await documents.query(query as never);
          read.push(...result.documents.map(({ id }) => id as string));
          return result;
        },
      },
      findDocumentsById: {
        value(ids: string[], withDeleted: boolean) {
          sought += ids.length;
          return documents.findDocumentsById(ids, withDeleted);
        },
      },
    });
  const device = await createDevice({
    ...{ network, time, random, name: 'compared', clockOffsetMs: 0, comparesAll: false },
    storage: getRxStorageMemory() as never,
    merge: () => createFieldsPolicy(),
    sabotage: { documents: watched },
  });
  for (let i = 0; i < DOCUMENTS; i++) await device.write(`d${i}`, () => ({ id: `d${i}`, text: `text ${i}` }));
  for (let i = 0; i < DELETED; i++) await device.write(`d${i}`, () => undefined);
  await time.run(5_000);
  read.length = 0;
  plans.length = 0;
  sought = 0;
  await device.replica.compareAll();
  expect(plans.length).toBeLessThan(10);
  // A storage such as Dexie reads all documents for a query that an index does not answer, in order, by itself.
  for (const plan of plans) expect(plan).toMatchObject({ sortSatisfiedByIndex: true, selectorSatisfiedByIndex: true });
  expect(new Set(read).size).toBe(DOCUMENTS);
  expect(read).toHaveLength(DOCUMENTS);
  expect(sought).toBe(0);
  await device.erase();
});
