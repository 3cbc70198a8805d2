/** What scenarios of crashes are made of. */
import type { Change, SimDocument } from '../user.ts';
import type { CrashWorld } from './crash-world.ts';

export type Accepted = (label: string) => boolean;

export const insert =
  (document: SimDocument): Change =>
  () =>
    document;
export const set =
  (field: string, value: unknown): Change =>
  (before) =>
    before === undefined ? undefined : { ...before, [field]: value };
export const remove: Change = () => undefined;

export const A: SimDocument = { id: 'a', text: 'first', count: 1, tags: ['x'] };

/** `a` exists everywhere. */
export async function withA(world: CrashWorld): Promise<void> {
  world.write('witness', 'a', insert(A));
  await world.pass(1_000);
}

/** Both write while no link connects them, the victim first; then the link comes back. */
export async function apart(world: CrashWorld, victim: readonly [Change, string], witness: Change): Promise<void> {
  world.network.cut('victim', 'witness');
  await world.pass(100);
  world.write('victim', 'a', ...victim);
  await world.pass(100);
  world.write('witness', 'a', witness);
  await world.pass(100);
  world.network.heal();
  await world.pass(1_000);
}

/** What is shown of a document that is, or is not. */
export function orNone(shown: boolean, document: SimDocument): readonly SimDocument[] {
  return shown ? [document] : [];
}

/** The field `text` of `a` after an edit that was accepted, or not. */
export function textOf(accepted: boolean, value: string): string {
  return accepted ? value : 'first';
}
