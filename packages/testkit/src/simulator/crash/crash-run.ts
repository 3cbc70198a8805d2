/** Runs a scenario, lets the victim's process die at one of its writes, starts the next one, and checks what is left. */
import { canonicalJson, sameVector } from '@rxdb-p2p/protocol';
import type { DocRecord, Journal, JournalLimits } from 'rxdb-p2p/testing';
import type { Device } from '../device.ts';
import type { HandlerName } from '../handlers.ts';
import type { CrashMode, StorageWrite } from '../process.ts';
import type { SimDocument } from '../user.ts';
import { type CrashWorld, createCrashWorld, type Place, type StorageKind } from './crash-world.ts';

export interface CrashScenario {
  readonly name: string;
  /** default: victim and witness */
  readonly places?: readonly Place[];
  /** default: `fields` */
  readonly handler?: HandlerName;
  readonly journalLimits?: Partial<JournalLimits>;
  /** The victim's process opens the device only in `run`. */
  readonly opensInRun?: boolean;
  /** What has happened before; nobody dies here. All devices that are open are in sync after it. */
  prepare?(world: CrashWorld): Promise<void>;
  /** The process dies at one of its writes from here on. */
  run(world: CrashWorld): Promise<void>;
  /** What all show in the end, when the storages took the writes of these labels. */
  expected(accepted: (label: string) => boolean): readonly SimDocument[];
  /** The field that both sides set: an edit beside may decide it, which is noticed together with the one before it. */
  readonly contested?: string;
  /** How many versions of a document stand side by side in the end, where it is not one. */
  heads?(accepted: (label: string) => boolean): Readonly<Record<string, number>>;
  /** Writes that no checkpoint shows, since clocks go back: they are found when all documents are compared. */
  readonly needsComparison?: boolean;
  /** Documents for which that is not said. */
  readonly openHeads?: readonly string[];
}

export interface CrashPoint {
  /** from 1: the first write of the victim in `run` */
  readonly write: number;
  readonly mode: CrashMode;
  /** Where the process after it dies, too, in the same way. */
  readonly again?: { readonly write: number; readonly mode: CrashMode };
  /** Somebody edits document `a` of the victim before the next process starts. */
  readonly editBeside?: boolean;
}

export interface CrashOutcome {
  /** empty: nothing went wrong */
  readonly failures: readonly string[];
  /** the victim's writes in `run` */
  readonly writes: readonly StorageWrite[];
  /** writes of the process after the crash, until it has settled */
  readonly recoveryWrites: readonly StorageWrite[];
}

/** Virtual time in which everybody meets, pulls and answers, and then one of keep-alives alone; milliseconds. */
const SETTLE_MS = 3_000;
const QUIET_MS = 6_000;

/** @param point undefined: nobody dies */
export async function runCrash(
  scenario: CrashScenario,
  point: CrashPoint | undefined,
  storageKind: StorageKind,
): Promise<CrashOutcome> {
  const { places = ['victim', 'witness'], handler = 'fields', journalLimits, needsComparison = false } = scenario;
  const limits = journalLimits === undefined ? {} : { journalLimits };
  const comparesAll = needsComparison || storageKind === 'late events';
  const world = createCrashWorld({ seed: 1, places, handler, storageKind, comparesAll, ...limits });
  for (const place of places) {
    if (place !== 'victim' || scenario.opensInRun !== true) world.openAt(place);
  }
  await world.pass(SETTLE_MS);
  await scenario.prepare?.(world);
  await world.pass(SETTLE_MS);

  const victim = world.processAt('victim');
  const before = victim.writes.length;
  if (point !== undefined) victim.dieAt(point.write, point.mode);
  await scenario.run(world);
  await world.pass(SETTLE_MS);
  const writes = victim.writes.slice(before);
  const failures: string[] = [];
  if (point !== undefined && victim.alive) failures.push('the process did not die');

  let shownBeside = false;
  if (point?.editBeside === true) {
    await world.writeBeside('victim', 'a', (document) => {
      shownBeside = document !== undefined;
      return { ...(document ?? { id: 'a' }), count: 777 };
    });
  }
  if (point?.again !== undefined) {
    const next = world.newProcess('victim');
    next.dieAt(point.again.write, point.again.mode);
    world.openAt('victim');
    await world.pass(SETTLE_MS);
    // With slow storage it may need fewer writes than were counted, where they come together: then it just goes on.
  }
  if (point !== undefined) {
    world.newProcess('victim');
    for (const place of places) world.network.cut('victim', place);
    world.openAt('victim');
    await world.pass(SETTLE_MS);
    failures.push(...(await checkAlone(world)));
  }
  world.network.heal();
  await world.pass(SETTLE_MS);
  const recoveryWrites = world.processAt('victim').writes.slice();

  failures.push(...(await checkSettled(world, places)));
  failures.push(...(await checkExpected(world, scenario, point?.editBeside === true, shownBeside)));
  const minted = world.deviceAt('victim')?.journal.seq ?? 0;
  if (minted > world.acceptedAt('victim'))
    failures.push(`the victim has minted ${minted} writes, of ${world.acceptedAt('victim')} by hand`);

  failures.push(...(await goOn(world)));
  failures.push(...(await checkSettled(world, places)));
  failures.push(...world.failures, ...world.log.violations, ...world.log.missing(world.open()));
  for (const device of world.open()) failures.push(...checkReread(device, await world.answer(device.reread())));
  return { failures, writes, recoveryWrites };
}

/** What was stored is enough to put all in order: nobody else has been asked yet. */
async function checkAlone(world: CrashWorld): Promise<string[]> {
  const victim = world.deviceAt('victim');
  if (victim === undefined) return [];
  const failures: string[] = [];
  for (const { id, pending } of victim.journal.records.values())
    if (pending !== undefined) failures.push(`alone the victim leaves document ${id} pending`);
  for (const [id, rev] of await world.answer(victim.revisions()))
    if (victim.journal.records.get(id)?.rev !== rev) failures.push(`alone the victim does not journal document ${id}`);
  return failures;
}

/** What people do next still works, everywhere. */
async function goOn(world: CrashWorld): Promise<string[]> {
  if (world.deviceAt('victim') === undefined) return ['the victim is not open'];
  world.write('victim', 'a', (before) => ({ ...before, id: 'a', text: 'later' }));
  world.write('victim', 'from-victim', () => ({ id: 'from-victim', text: '1' }));
  world.write('witness', 'from-witness', () => ({ id: 'from-witness', text: '1' }));
  await world.pass(SETTLE_MS);
  world.write('witness', 'from-victim', (before) => ({ ...before, id: 'from-victim', count: 2 }));
  world.write('victim', 'from-witness', () => undefined);
  await world.pass(SETTLE_MS);
  const shown = await world.answer(world.userAt('witness').documents());
  const failures: string[] = [];
  if (shown.get('a')?.['text'] !== 'later') failures.push('the next edit of a is lost');
  if (canonicalJson(shown.get('from-victim')) !== '{"count":2,"id":"from-victim","text":"1"}')
    failures.push(`the next insert has become ${canonicalJson(shown.get('from-victim'))}`);
  if (shown.has('from-witness')) failures.push('the next delete is lost');
  return failures;
}

/** All show the same, know the same, report nothing, and are quiet. */
async function checkSettled(world: CrashWorld, places: readonly Place[]): Promise<string[]> {
  const { frames } = world.network.sent;
  await world.pass(QUIET_MS);
  const failures: string[] = [];
  if (world.network.sent.frames !== frames)
    failures.push(`${world.network.sent.frames - frames} frames after settling`);
  const devices = world.open();
  const [first, ...others] = devices;
  if (first === undefined || devices.length < places.length) return [...failures, 'not all devices are open'];
  for (const device of devices) {
    for (const problem of device.problems) failures.push(`${device.name} reports ${problem.message}`);
    if (device.sync.state.pull !== null) failures.push(`${device.name} still pulls`);
    for (const { id, pending } of device.journal.records.values())
      if (pending !== undefined) failures.push(`${device.name} has left document ${id} pending`);
  }
  const shown = await documentsOf(world, first);
  const heads = headsOf(first.journal);
  for (const other of others) {
    const otherShown = await documentsOf(world, other);
    if (otherShown !== shown) failures.push(`${other.name} shows ${otherShown}, ${first.name} shows ${shown}`);
    const otherHeads = headsOf(other.journal);
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
function headsOf({ records }: Journal): string {
  const heads = [...records.values()].map((record): [string, DocRecord['heads']] => [record.id, record.heads]);
  heads.sort(([a], [b]) => (a < b ? -1 : 1));
  return canonicalJson(heads);
}

async function checkExpected(
  world: CrashWorld,
  scenario: CrashScenario,
  editedBeside: boolean,
  shownBeside: boolean,
): Promise<string[]> {
  const failures: string[] = [];
  const expected = new Map(scenario.expected(world.accepted).map((document) => [document.id, document]));
  const counts = { ...scenario.heads?.(world.accepted) };
  for (const { name, journal, documents } of world.open()) {
    const shown = await world.answer(documents());
    for (const id of new Set([...expected.keys(), ...shown.keys()])) {
      const got = shown.get(id);
      const want = expected.get(id);
      if (editedBeside && id === 'a') {
        // Made on what was visible there: it wins against a delete that was not, and keeps the other fields.
        const whole = want !== undefined && shownBeside && scenario.handler === undefined;
        const { contested = 'count' } = scenario;
        if (got?.['count'] !== 777) failures.push(`${name} has lost the edit beside: ${canonicalJson(got)}`);
        else if (whole && canonicalJson(got) !== canonicalJson({ ...want, count: 777, [contested]: got[contested] }))
          failures.push(`${name} shows ${canonicalJson(got)} after the edit beside`);
      } else if (canonicalJson(got) !== canonicalJson(want))
        failures.push(`${name} shows ${canonicalJson(got)}, expected ${canonicalJson(want)}`);
    }
    for (const { id, heads } of journal.records.values()) {
      const count = counts[id] ?? 1;
      const open = scenario.openHeads?.includes(id) === true || (editedBeside && id === 'a');
      if (heads.length !== count && !open)
        failures.push(`${name} has ${heads.length} versions of document ${id}, expected ${count}`);
    }
  }
  return failures;
}

/** A process that starts now finds in the journal what this one knows. */
function checkReread(device: Device, again: Journal): string[] {
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
