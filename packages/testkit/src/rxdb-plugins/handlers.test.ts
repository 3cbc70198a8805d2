/** Conflict handlers of applications that misbehave: contained, reported, and nothing is lost. */
import type { RxCollectionCreator, RxConflictHandler } from 'rxdb';
import { createMemoryNetwork } from 'rxdb-p2p';
import { afterEach, describe, expect, it } from 'vitest';
import { closeAll, createTestDevice, type Doc, type OpenDevice, settled, shown } from './devices.ts';

afterEach(closeAll);

type Resolve = RxConflictHandler<Doc>['resolve'];

const schema = {
  version: 0,
  type: 'object',
  primaryKey: 'id',
  properties: { id: { type: 'string', maxLength: 40 }, text: { type: 'string' } },
  required: ['id'],
} as const;
const creatorWith = (resolve: Resolve): RxCollectionCreator =>
  ({ schema, conflictHandler: { isEqual: () => false, resolve } }) as unknown as RxCollectionCreator;
const latest: Resolve = async ({ realMasterState }) => realMasterState;
const options = { conflictHandlerVersion: '1' };

/** Two devices with the same two concurrent versions of a document, one of which has a handler that misbehaves. */
async function contested(resolve: Resolve): Promise<readonly [sound: OpenDevice, broken: OpenDevice]> {
  const network = createMemoryNetwork();
  const [one, two] = [createTestDevice(), createTestDevice()];
  const sound = await one.open(creatorWith(latest), network, options);
  const broken = await two.open(creatorWith(resolve), network, options);
  await sound.items.insert({ id: 'a', text: 'first' });
  await settled(sound, broken);
  network.cut(one.name, two.name);
  await (await sound.items.findOne('a').exec())?.patch({ text: 'one' });
  await (await broken.items.findOne('a').exec())?.patch({ text: 'two' });
  network.heal();
  return [sound, broken];
}

const MISBEHAVING: readonly (readonly [name: string, code: string, Resolve])[] = [
  ['throws', 'HANDLER_FAILED', () => Promise.reject(new Error('broken'))],
  ['returns nothing', 'HANDLER_FAILED', async () => undefined as never],
  ['breaks the schema', 'MERGE_BREAKS_SCHEMA', async ({ realMasterState }) => ({ ...realMasterState, text: 7 })],
  ['renames the document', 'MERGE_BREAKS_SCHEMA', async ({ realMasterState }) => ({ ...realMasterState, id: 'b' })],
  ['never answers', 'HANDLER_TIMED_OUT', () => new Promise(() => undefined)],
];

describe('a conflict handler', () => {
  it.each(MISBEHAVING)('that %s is reported, shows the latest version, and loses nothing', async (_, code, resolve) => {
    const [sound, broken] = await contested(resolve);
    await settled(sound, broken);
    expect(broken.problems).toContain(code);
    expect(sound.problems).toEqual([]);
    expect(await shown(broken)).toEqual([{ id: 'a', text: 'two' }]);
    expect(await shown(sound)).toEqual(await shown(broken));
    for (const { pool } of [sound, broken])
      expect((await pool.conflicts('a')).map(({ document }) => document?.['text'])).toEqual(['one', 'two']);
    // The collection goes on, and the next write settles it.
    await broken.items.insert({ id: 'other', text: 'after' });
    await (await broken.items.findOne('a').exec())?.patch({ text: 'settled' });
    await settled(sound, broken);
    for (const device of [sound, broken])
      expect(await shown(device)).toEqual([
        { id: 'a', text: 'settled' },
        { id: 'other', text: 'after' },
      ]);
  });

  it('that is not deterministic gives each device its own picture of the same versions, until the next write', async () => {
    let calls = 0;
    const [sound, broken] = await contested(async ({ realMasterState }) => ({
      ...realMasterState,
      text: `call ${++calls}`,
    }));
    await settled(sound, broken);
    for (const { pool } of [sound, broken])
      expect((await pool.conflicts('a')).map(({ document }) => document?.['text'])).toEqual(['one', 'two']);
    expect(await sound.pool.inSync()).toBeUndefined();
    await (await sound.items.findOne('a').exec())?.patch({ text: 'settled' });
    await settled(sound, broken);
    expect(await shown(broken)).toEqual(await shown(sound));
    expect(broken.problems).toEqual([]);
  });
});
