/** What must hold after a crash: alone, together, and when the journal is read again. */
import { canonicalJson, sameVector } from '@rxdb-p2p/protocol';
import type { Journal } from 'rxdb-p2p/testing';
import type { Device } from '../device.ts';
import { type CrashScenario, DEFAULT_PLACES } from './crash-scenario.ts';
import type { CrashWorld } from './crash-world.ts';

/** Virtual time of keep-alives alone, milliseconds. */
const QUIET_MS = 6_000;

const QUARANTINE_CODES = ['LOCAL_DOCUMENT_INVALID', 'VERSION_QUARANTINED', 'MERGE_BREAKS_SCHEMA'];

/** An edit of document `a` that was made while no process of ours ran: `wasShown` tells whether there was a document. */
export interface EditBeside {
  readonly wasShown: boolean;
  readonly count: number;
}

/** What was stored is enough to put all in order: nobody else has been asked yet. */
export async function checkAlone(world: CrashWorld): Promise<string[]> {
  const victim = world.deviceAt('victim');
  if (victim === undefined) return [];
  const failures: string[] = [];
  for (const { id, pending } of victim.journal.records.values())
    if (pending !== undefined) failures.push(`alone the victim leaves document ${id} pending`);
  for (const [id, rev] of await world.answer(victim.revisions()))
    if (victim.journal.records.get(id)?.rev !== rev) failures.push(`alone the victim does not journal document ${id}`);
  return failures;
}

/** All show the same, know the same, report nothing, and are quiet. */
export async function checkSettled(world: CrashWorld, scenario: CrashScenario): Promise<string[]> {
  const { places = DEFAULT_PLACES, losesStorage = false, quarantines = false } = scenario;
  const known = [...(losesStorage ? ['STORAGE_LOST', 'ROLLED_BACK'] : []), ...(quarantines ? QUARANTINE_CODES : [])];
  const { frames } = world.network.sent;
  await world.pass(QUIET_MS);
  const failures: string[] = [];
  if (world.network.sent.frames !== frames)
    failures.push(`${world.network.sent.frames - frames} frames after settling`);
  const devices = world.open();
  const [first, ...others] = devices;
  if (first === undefined || devices.length < places.length) return [...failures, 'not all devices are open'];
  for (const device of devices) {
    for (const { code, message } of device.problems)
      if (!known.includes(code)) failures.push(`${device.name} reports ${message}`);
    if (device.sync.state.pull !== null) failures.push(`${device.name} still pulls`);
    for (const { id, pending } of device.journal.records.values())
      if (pending !== undefined) failures.push(`${device.name} has left document ${id} pending`);
  }
  const shown = await documentsOf(world, first);
  const heads = headsOf(first.journal, quarantines);
  for (const other of others) {
    const otherShown = await documentsOf(world, other);
    if (otherShown !== shown && !quarantines)
      failures.push(`${other.name} shows ${otherShown}, ${first.name} shows ${shown}`);
    const otherHeads = headsOf(other.journal, quarantines);
    if (otherHeads !== heads) failures.push(`${other.name} has heads ${otherHeads}, ${first.name} has ${heads}`);
    if (!sameVector(other.journal.vector, first.journal.vector))
      failures.push(`${other.name} has another vector than ${first.name}`);
  }
  return failures;
}

async function documentsOf(world: CrashWorld, device: Device): Promise<string> {
  return canonicalJson([...(await world.answer(device.documents())).values()]);
}

/** The envelopes of all documents; where there is more than one for a document also their contents. */
function headsOf({ records }: Journal, withoutContents: boolean): string {
  const heads = [...records.values()].map((record): [string, unknown] => {
    return [record.id, withoutContents ? record.heads.map(({ head }) => head) : record.heads];
  });
  heads.sort(([a], [b]) => (a < b ? -1 : 1));
  return canonicalJson(heads);
}

export async function checkExpected(
  world: CrashWorld,
  scenario: CrashScenario,
  beside: EditBeside | undefined,
): Promise<string[]> {
  const failures: string[] = [];
  const expected = new Map(
    scenario.expected(world.accepted, world.log.releases.made).map((document) => [document.id, document]),
  );
  const counts = { ...scenario.heads?.(world.accepted, world.log.releases.made) };
  for (const { name, journal, documents } of world.open()) {
    if (scenario.quarantines === true && name !== 'victim') continue;
    const shown = await world.answer(documents());
    for (const id of new Set([...expected.keys(), ...shown.keys()])) {
      const got = shown.get(id);
      const want = expected.get(id);
      if (beside !== undefined && id === 'a') {
        // Made on what was visible there: it wins against a delete that was not, and keeps the other fields.
        const whole = want !== undefined && beside.wasShown && scenario.handler === undefined;
        const { contested = 'count' } = scenario;
        if (got?.['count'] !== beside.count) failures.push(`${name} has lost the edit beside: ${canonicalJson(got)}`);
        else if (
          whole &&
          canonicalJson(got) !== canonicalJson({ ...want, count: beside.count, [contested]: got[contested] })
        )
          failures.push(`${name} shows ${canonicalJson(got)} after the edit beside`);
      } else if (canonicalJson(got) !== canonicalJson(want))
        failures.push(`${name} shows ${canonicalJson(got)}, expected ${canonicalJson(want)}`);
    }
    for (const { id, heads } of journal.records.values()) {
      const count = counts[id] ?? 1;
      const open = scenario.openHeads?.includes(id) === true || (beside !== undefined && id === 'a');
      if (heads.length !== count && !open)
        failures.push(`${name} has ${heads.length} versions of document ${id}, expected ${count}`);
    }
  }
  const minted = world.deviceAt('victim')?.journal.seq ?? 0;
  const accepted = world.acceptedAt('victim') + world.log.releases.made;
  if (minted > accepted) failures.push(`the victim has minted ${minted} writes, of ${accepted} that were made`);
  return failures;
}

/** A process that starts now finds in the journal what this one knows. */
export function checkReread(device: Device, again: Journal): string[] {
  const failures: string[] = [];
  const facts: readonly (keyof Journal)[] = ['id', 'seq', 'lsn', 'incarnation', 'acknowledged', 'checkpoint', 'epochs'];
  for (const fact of facts) {
    const [was, is] = [canonicalJson(device.journal[fact]), canonicalJson(again[fact])];
    if (was !== is) failures.push(`the ${fact} of ${device.name} is ${was}, and ${is} when read again`);
  }
  if (!sameVector(device.journal.vector, again.vector))
    failures.push(`the vector of ${device.name} is read differently`);
  const cursors = ({ cursorNames, cursorOf }: Journal): string =>
    canonicalJson(cursorNames().map((name) => [name, cursorOf(name)]));
  if (cursors(device.journal) !== cursors(again)) failures.push(`the cursors of ${device.name} are read differently`);
  const records = ({ above }: Journal): string => canonicalJson(above(0, Number.MAX_SAFE_INTEGER));
  if (records(device.journal) !== records(again))
    failures.push(
      `the records of ${device.name} are ${records(device.journal)}, and ${records(again)} when read again`,
    );
  return failures;
}
