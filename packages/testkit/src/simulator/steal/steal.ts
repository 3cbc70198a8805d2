/**
 * One scenario of a tab that is stopped in the middle of a write, another tab of the same device that takes the lead away, and the
 * first one that goes on: later, and without having heard of it.
 */
import { canonicalJson, createFieldHasher, P2PError, sameVector } from '@rxdb-p2p/protocol';
import type { RxStorage } from 'rxdb';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { readMarker, type StoredDocument } from 'rxdb-p2p/testing';
import { createDevice, type Device, type WatchedDevice } from '../device.ts';
import { policyOf } from '../handlers.ts';
import { createSimNetwork } from '../network.ts';
import { createProcess, type SimProcess, type StorageWrite } from '../process.ts';
import { createRandom, type Random } from '../random.ts';
import { type Change, createHandWrites, type SimDocument, USER_CONTEXT } from '../user.ts';
import { createVirtualTime } from '../virtual-time.ts';
import { createWriteLog } from '../write-log.ts';

export interface StealOutcome {
  /** what went wrong; empty: nothing */
  readonly failures: readonly string[];
  /** whether the first tab was in the middle of a write when it was stopped */
  readonly held: boolean;
  /** whether the first tab has found out by itself that it does not lead any more */
  readonly noticed: boolean;
}

/** Virtual time in which everybody meets, pulls and answers, and then one of keep-alives alone; milliseconds. */
const SETTLE_MS = 20_000;
const QUIET_MS = 30_000;
const IDS = ['a', 'b', 'c', 'd'];

export async function runSteal(seed: number): Promise<StealOutcome> {
  const random = createRandom(seed);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, { minDelayMs: 1, maxDelayMs: random.pick([5, 50]) });
  const log = createWriteLog();
  const disk = { ...getRxStorageMemory(), collectionStates: new Map() } as RxStorage<unknown, unknown>;
  const slow = random.chance(0.5) ? { call: () => random.next() * 4 } : {};
  // Small, so that what the first tab appends next may have been merged and dropped by then.
  const journalLimits = random.chance(0.5) ? { segments: 4, snapshotPartRecords: 2 } : {};
  const handWrites = createHandWrites();
  const hasher = createFieldHasher();
  /** What documents say of themselves counts, though the journal may never hear of it. */
  const noteShown = ({ instance, context, rows }: StorageWrite): void => {
    if (instance !== 'items' || context === USER_CONTEXT) return;
    for (const row of rows as readonly StoredDocument[]) {
      const head = readMarker(row, hasher)?.head;
      if (head !== undefined) log.noteShown('device', row['id'] as string, row._rev, [head.head]);
    }
  };
  const open = (name: string, process: SimProcess, more: { stolen?: boolean; tab?: string } = {}) =>
    createDevice({
      ...{ name, network, random, journalLimits, time: process.timers, storage: process.storage, clockOffsetMs: 0 },
      ...(name === 'device' ? { handWrites } : {}),
      ...more,
      merge: (onProblem) => policyOf('fields', onProblem, process.timers),
      onOpened: (device: WatchedDevice) => log.watch(device),
    });
  const witness = await time.answer(open('witness', createProcess(privateMemory(), time, slow)));
  const first = createProcess(disk, time, slow);
  first.watch({ landed: noteShown });
  const stopped = await time.answer(open('device', first));

  let step = 0;
  const edit = (device: Device): void => {
    const id = random.pick(IDS);
    void device.write(id, editOf(random, id, step++));
  };
  const live = async (devices: readonly Device[], edits: number): Promise<void> => {
    for (let i = 0; i < edits; i++) {
      edit(random.pick(devices));
      if (random.chance(0.6)) await time.run(random.next() * 60);
    }
  };

  /** Until a journal is read that nobody appends to meanwhile: that of the other tab can be on its way. */
  const takeOver = async (): Promise<Device> => {
    for (;;) {
      const process = createProcess(disk, time, slow);
      process.watch({ landed: noteShown });
      const opened = await time.answer(
        open('device', process, { stolen: true, tab: 'second' }).catch((error: unknown) => {
          if (!(error instanceof P2PError) || error.code !== 'LEADERSHIP_LOST') throw error;
          return undefined;
        }),
      );
      if (opened !== undefined) return opened;
      process.die();
    }
  };

  await live([stopped, witness], random.int(12));
  if (random.chance(0.5)) await time.run(2_000);
  const hold = holdWrite(first, 1 + random.int(6), random.pick(['before', 'after']));
  await live([stopped, witness], 6);
  // It says nothing any more, and hears nothing.
  network.kill('device');
  await live([witness], random.int(4));
  const leader = await takeOver();
  const alive = [leader, witness];
  await live(alive, random.int(20));
  if (random.chance(0.5)) await time.run(3_000);

  const held = hold.release();
  await live(alive, random.int(10));
  await time.run(SETTLE_MS);
  const noticed = stopped.problems.some(({ code }) => code === 'LEADERSHIP_LOST');
  // Whatever it still does, from here on it is gone.
  first.die();
  await time.run(SETTLE_MS);
  const { frames } = network.sent;
  await time.run(QUIET_MS);

  const failures = [...log.violations, ...log.missing(alive)];
  if (network.sent.frames !== frames) failures.push(`${network.sent.frames - frames} frames after settling`);
  for (const { name, problems } of alive)
    for (const { message } of problems) failures.push(`${name} reports ${message}`);
  for (const { code, message } of stopped.problems)
    if (code !== 'LEADERSHIP_LOST') failures.push(`the stopped tab reports ${message}`);
  const [here, there] = await Promise.all(alive.map(async (device) => shown(await time.answer(device.documents()))));
  if (here !== there) failures.push(`the device shows ${here}, the witness ${there}`);
  if (!sameVector(leader.replica.vector, witness.replica.vector)) failures.push('the vectors differ');
  const minted = [...leader.replica.vector.values()].reduce((sum, seq) => sum + seq, 0);
  const revisions = handWrites.madeOn.size + witness.handWrites.madeOn.size;
  if (minted > revisions) failures.push(`${minted} writes were given a name, of ${revisions} by hand`);
  return { failures, held, noticed };
}

function shown(documents: ReadonlyMap<string, SimDocument>): string {
  return canonicalJson(Object.fromEntries(documents));
}

function privateMemory(): RxStorage<unknown, unknown> {
  return { ...getRxStorageMemory(), collectionStates: new Map() } as RxStorage<unknown, unknown>;
}

/** The process stands still in the n-th of its own writes from now on: before it begins, or before it hears of its end. */
function holdWrite(process: SimProcess, nth: number, when: 'before' | 'after'): { release(): boolean } {
  let count = 0;
  let released = false;
  let resume: (() => void) | undefined;
  const hold = ({ context }: StorageWrite): Promise<void> | undefined => {
    if (released || context === USER_CONTEXT || ++count !== nth) return undefined;
    return new Promise((resolve) => {
      resume = resolve;
    });
  };
  process.watch(when === 'before' ? { before: hold } : { after: hold });
  return {
    release() {
      released = true;
      resume?.();
      return resume !== undefined;
    },
  };
}

function editOf(random: Random, id: string, step: number): Change {
  const kind = random.next();
  const field = random.pick(['text', 'count'] as const);
  const value = field === 'text' ? `text ${step}` : step;
  return (before) => {
    if (before === undefined) return { id, text: `new ${step}` };
    if (kind < 0.25) return undefined;
    return { ...before, [field]: value };
  };
}
