/** What must hold after each step, and what must hold once everybody has met everybody and nobody writes. */
import { agreementWith, canonicalJson, MAX_FRAME_BYTES, PUSH_CREDIT_BYTES, sameVector } from '@rxdb-p2p/protocol';
import { DEFAULT_JOURNAL_LIMITS } from 'rxdb-p2p/testing';
import type { Device } from '../device.ts';
import type { FuzzWorld } from './world.ts';

/** Problems that faults of this plan may cause, and nothing else. */
const EXPECTED_PROBLEMS: ReadonlySet<string> = new Set([
  // Who has lost the end of its journal was set back.
  ...['STORAGE_FAILED', 'LEADERSHIP_LOST', 'STORAGE_LOST', 'ROLLED_BACK'],
  // A link that misbehaves is noticed as a peer that does.
  ...['PROTOCOL_ERROR', 'TIMED_OUT'],
  // Such a peer waits before he is met again, and his other tab is one connection too many meanwhile.
  'OVER_BUDGET',
]);

/** Where a journal has lost its end, and in no other case: false alarms of the fingerprint are failures. */
const LOSSY_PROBLEMS: ReadonlySet<string> = new Set(['DIVERGED', 'ROLLED_BACK', 'WRITE_FORKED']);

const BREAKING_PROBLEMS: ReadonlySet<string> = new Set([
  ...['LOCAL_DOCUMENT_INVALID', 'VERSION_QUARANTINED', 'MERGE_BREAKS_SCHEMA'],
]);

const HANDLER_PROBLEMS: ReadonlySet<string> = new Set(['HANDLER_FAILED', 'HANDLER_TIMED_OUT', 'MERGE_BREAKS_SCHEMA']);

/** Timers that one device may have under way: sync, connections, its storage's delays. */
const TIMERS_PER_DEVICE = 500;

/** Bounds of queues and maps, and what the log of writes has found. */
export function checkStep({ sites, log, time, failures }: FuzzWorld): string[] {
  const found = [...failures, ...log.violations];
  const devices = sites.flatMap(({ device }) => device ?? []);
  for (const { name, sync, journal } of devices) {
    const { neighbours, pull } = sync.state;
    // A device may have two tabs, and each a connection that is being replaced.
    if (neighbours.size > 4 * sites.length) found.push(`${name} has ${neighbours.size} neighbours`);
    for (const { pushReceived, pushTold } of neighbours.values())
      if (pushReceived - pushTold > PUSH_CREDIT_BYTES + MAX_FRAME_BYTES) found.push(`${name} takes more than it said`);
    if (pull !== null && pull.unstored > 1_000) found.push(`${name} holds ${pull.unstored} frames`);
    if (journal.epochs.length > DEFAULT_JOURNAL_LIMITS.epochs) found.push(`${name} remembers too many epochs`);
    if (journal.cursorNames().length > DEFAULT_JOURNAL_LIMITS.cursors) found.push(`${name} keeps too many cursors`);
  }
  if (time.pending > TIMERS_PER_DEVICE * sites.length) found.push(`${time.pending} timers are under way`);
  return found;
}

/** P1, P3, P4, P5, and that all devices tell the same story about it. */
export async function checkQuiet(world: FuzzWorld): Promise<string[]> {
  const { plan, sites, log, time } = world;
  const found: string[] = [];
  const devices = sites.flatMap(({ device }) => device ?? []);
  const [first, ...others] = devices;
  if (first === undefined || devices.length < sites.length) return ['not all devices are open'];
  for (const site of sites)
    for (const { code, message } of site.problems)
      if (!isExpected(code, world)) found.push(`${site.name} reports ${code}: ${message}`);
  const shown = await time.answer(documentsOf(first));
  for (const device of devices) found.push(...(await checkAlone(device, world)));
  for (const other of others) {
    const otherShown = await time.answer(documentsOf(other));
    // The author of a version that breaks the schema shows it, alone.
    if (otherShown !== shown && !plan.breaks)
      found.push(`${other.name} shows ${otherShown}, ${first.name} shows ${shown}`);
    if (!sameVector(other.replica.vector, first.replica.vector))
      found.push(`${other.name} has another vector than ${first.name}`);
  }
  found.push(...log.missing(devices), ...log.wrong(devices));
  return found;
}

function isExpected(code: string, { plan, log }: FuzzWorld): boolean {
  const known = EXPECTED_PROBLEMS.has(code) || (plan.breaks && BREAKING_PROBLEMS.has(code));
  if (plan.handler === 'fails-often' && HANDLER_PROBLEMS.has(code)) return true;
  return known || (log.lossy && LOSSY_PROBLEMS.has(code));
}

async function checkAlone({ name, sync, journal, revisions, reread }: Device, { time }: FuzzWorld): Promise<string[]> {
  const found: string[] = [];
  if (sync.state.pull !== null) found.push(`${name} still pulls`);
  for (const [id, neighbour] of sync.state.neighbours) {
    const agreement = agreementWith(sync.state, neighbour);
    if (agreement !== 'same') found.push(`[SYNC-15] what ${name} and ${id} hold is ${agreement}`);
  }
  for (const { id, pending } of journal.records.values())
    if (pending !== undefined) found.push(`${name} leaves document ${id} pending`);
  for (const [id, rev] of await time.answer(revisions()))
    if (journal.records.get(id)?.rev !== rev) found.push(`${name} has not journaled document ${id}`);
  const again = await time.answer(reread().catch((error: unknown) => String(error)));
  if (typeof again === 'string') return [...found, `the journal of ${name} cannot be read again: ${again}`];
  const read = again.above(0, Number.MAX_SAFE_INTEGER);
  if (canonicalJson(read) !== canonicalJson(journal.above(0, Number.MAX_SAFE_INTEGER)))
    found.push(`the records of ${name} are others when they are read again`);
  if (!sameVector(again.vector, journal.vector)) found.push(`the vector of ${name} is another when it is read again`);
  return found;
}

async function documentsOf(device: Device): Promise<string> {
  return canonicalJson(Object.fromEntries([...(await device.documents())].sort(([a], [b]) => (a < b ? -1 : 1))));
}
