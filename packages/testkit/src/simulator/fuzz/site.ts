/** A simulated device with everything that outlives its processes: its disk, its clock, and its tabs. */
import { createFieldHasher, type P2PError } from '@rxdb-p2p/protocol';
import {
  DEFAULT_JOURNAL_LIMITS,
  type JournalLimits,
  readMarker,
  type StoredDocument,
  WRITE_CONTEXT,
} from 'rxdb-p2p/testing';
import { createClock, createDevice, type Device, type Sabotage, type WatchedDevice } from '../device.ts';
import { createDisk, EMPTY_DISK } from '../disk.ts';
import { type HandlerName, policyOf } from '../handlers.ts';
import type { SimNetwork } from '../network.ts';
import { createProcess, type SimProcess, type StorageDelays, type StorageWrite } from '../process.ts';
import type { Random } from '../random.ts';
import type { Trace } from '../trace.ts';
import { type Change, createHandWrites } from '../user.ts';
import type { VirtualTime } from '../virtual-time.ts';
import type { WriteLog } from '../write-log.ts';
import { type LostCalls, losePower, type Profile, removeForGood } from './disk-losses.ts';
import { type Beside, writeBeside } from './write-beside.ts';

export interface Site {
  readonly name: string;
  /** the device of the leading tab, once it is open */
  readonly device: Device | undefined;
  /** what was watched last, open or not */
  readonly watched: WatchedDevice | undefined;
  /** whether its disk has lost something that it may not have noticed yet: what it says to hold may be gone */
  readonly doubtful: boolean;
  readonly process: SimProcess | undefined;
  /** all problems that its tabs have reported */
  readonly problems: readonly P2PError[];
  /** Opens a tab, unless there is one. */
  open(): void;
  /** Kills its tab. */
  kill(): void;
  /** Closes it in good order, and stays closed. */
  leave(): Promise<void>;
  /** The tab freezes, and another one takes over; the first thaws when so much time has passed. */
  freeze(forMs: number): void;
  thawAll(): void;
  /** All its processes die. Resolves when what they had under way on the disk is over: then it can lose something. */
  closed(): Promise<void>;
  /** Each storage loses up to so many of its newest calls. */
  losePower(lost: LostCalls, againMs: number): Promise<void>;
  /** Notes all that is on the disk, for `restore`. */
  save(): void;
  /** All that is on the disk. */
  profile(): Profile;
  /** The disk is put back to what `save` has noted last; without that nothing is on it. */
  restore(againMs: number): Promise<void>;
  /** All that was on its disk gives way to this. */
  put(profile: Profile, againMs: number): Promise<void>;
  /** A document is gone from the disk without a delete. */
  rot(id: string, againMs: number): Promise<void>;
  /** A person's write: in the tab, or beside us when there is none. */
  write(id: string, change: Change): void;
  /** RxDB removes tombstones, when all deletes are journaled. */
  purge(): Promise<void>;
  setClock(offsetMs: number): void;
}

export interface SiteDeps {
  readonly name: string;
  readonly random: Random;
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly log: WriteLog;
  readonly trace: Trace;
  readonly handler: HandlerName;
  readonly clockOffsetMs: number;
  readonly delays: StorageDelays;
  readonly createStorage: Parameters<typeof createDisk>[0];
  readonly journalLimits: Partial<JournalLimits>;
  readonly failures: string[];
  readonly sabotage: Sabotage;
}

interface Tab {
  readonly process: SimProcess;
  readonly number: string;
  device?: Device;
}

/** How long a person takes to open the application again, milliseconds. */
const REOPEN_MS = 2_000;
/** How long closing holds the lead at most, milliseconds. */
const CLOSE_WITHIN_MS = 1_500;
/** How long a tab that has thawed may not know that another one leads, milliseconds. */
const TOLD_LATE_MS = 1_000;
/** Problems after which a tab can do nothing more. */
const FATAL: readonly string[] = ['STORAGE_FAILED', 'LEADERSHIP_LOST', 'JOURNAL_UNREADABLE'];

const hasher = createFieldHasher();

export function createSite(deps: SiteDeps): Site {
  const { name, random, time, network, log, trace, delays } = deps;
  const disk = createDisk(deps.createStorage);
  const handWrites = createHandWrites();
  const problems: P2PError[] = [];
  const frozen = new Set<Tab>();
  const alive = new Set<Tab>();
  let clockOffsetMs = deps.clockOffsetMs;
  let tabs = 0;
  let leader: Tab | undefined;
  let watched: WatchedDevice | undefined;
  /** Names of key pairs are given once. */
  let keyPairs = 0;
  let keyPair = name;
  let sessions: ReadonlySet<string> = new Set();
  let saved: Profile | undefined;
  let losses = 0;
  let lossesNoticed = 0;
  /** Something happens to the disk: whoever wanted to open meanwhile comes afterwards. */
  let isOff = false;

  function newProcess(): SimProcess {
    const process = createProcess(disk.storage, time, delays);
    process.watch({ landed: noteLanded });
    return process;
  }

  function noteLanded(write: StorageWrite): void {
    trace.write(time.now(), name, write);
    if (write.instance !== 'items' || !write.context.startsWith(WRITE_CONTEXT)) return;
    for (const row of write.rows as readonly StoredDocument[]) {
      const head = readMarker(row, hasher)?.head;
      if (head !== undefined) log.noteShown(name, row['id'] as string, row._rev, [head.head]);
    }
  }

  function open(): void {
    if (leader !== undefined || isOff) return;
    const tab: Tab = { process: newProcess(), number: `/${++tabs}` };
    leader = tab;
    alive.add(tab);
    const { process } = tab;
    process.onDeath(() => {
      network.kill(name, tab.number);
      frozen.delete(tab);
      alive.delete(tab);
      if (leader === tab) leader = undefined;
    });
    const ownKeyPair = keyPair;
    let isRenewed = false;
    /** [CONN-11] It gives its name up, takes a new key pair, and begins anew. */
    const onCloned = async (yields: boolean): Promise<void> => {
      if (!yields || isRenewed) return;
      isRenewed = true;
      if (keyPair === ownKeyPair) keyPair = newKeyPair();
      await tab.device?.replica.renounce().catch(() => undefined);
      // What went on meanwhile was told to nobody.
      if (watched !== undefined) log.look(watched);
      restart(tab, 0);
    };
    const opened = createDevice({
      ...{ keyPair, onCloned, isOwnTab: (session) => sessions.has(session) },
      onSession(session) {
        sessions = new Set([...sessions, session]);
      },
      ...{ name, network, random, handWrites, storage: process.storage, time: process.timers, tab: tab.number },
      enter: process.enter,
      stolen: alive.size > 1,
      clockOffsetMs: () => clockOffsetMs,
      sabotage: deps.sabotage,
      merge: (onProblem) => policyOf(deps.handler, onProblem, process.timers),
      journalLimits: { ...DEFAULT_JOURNAL_LIMITS, ...deps.journalLimits },
      onOpened(fresh) {
        watched = fresh;
        log.watch(fresh);
      },
      onProblem(problem) {
        problems.push(problem);
        if (FATAL.includes(problem.code)) time.after(0, () => restart(tab, REOPEN_MS));
      },
    });
    opened.then(
      async (device) => {
        tab.device = device;
        const lossesBefore = losses;
        await device.compared;
        if (process.alive) lossesNoticed = lossesBefore;
      },
      (error: unknown) => {
        const expected = String(error).includes('simulated') || String(error).includes('LEADERSHIP_LOST');
        if (!expected) deps.failures.push(`${name} does not open: ${String(error)}`);
        restart(tab, REOPEN_MS);
      },
    );
  }

  function restart(tab: Tab, againMs: number): void {
    if (!tab.process.alive) return;
    const led = leader === tab;
    tab.process.die();
    if (led) time.after(againMs, open);
  }

  /** For a while it goes on as if it still led; then the browser tells it that its lock was taken. */
  function thaw(tab: Tab): void {
    if (!frozen.delete(tab)) return;
    tab.process.thaw();
    time.after(random.next() * TOLD_LATE_MS, tab.process.die);
  }

  const beside = (): Beside => {
    return { process: newProcess(), name, random, handWrites, now: createClock(time, clockOffsetMs) };
  };
  const profile = (): Profile => ({ image: disk.save(), keyPair, sessions });
  const newKeyPair = (): string => `${name} ${++keyPairs}`;

  async function put(profile: Profile, againMs: number): Promise<void> {
    losses++;
    keyPair = profile.keyPair;
    sessions = profile.sessions;
    await turnOnAfter(disk.put(profile.image, name), againMs);
  }

  async function turnOnAfter(change: Promise<void>, againMs: number): Promise<void> {
    await time.hold(change);
    isOff = false;
    time.after(againMs, open);
  }

  async function closed(): Promise<void> {
    isOff = true;
    for (const tab of [...alive]) tab.process.die();
    await time.run(0);
  }

  return {
    name,
    problems,
    get device() {
      return leader?.process.alive === true ? leader.device : undefined;
    },
    get watched() {
      return watched;
    },
    get doubtful() {
      return losses > lossesNoticed;
    },
    get process() {
      return leader?.process;
    },
    open,
    kill: () => leader?.process.die(),
    async leave() {
      const tab = leader;
      if (tab === undefined) return;
      const release = (): void => {
        if (leader === tab) leader = undefined;
      };
      // As applications do: whoever comes next does not wait for a storage that never answers.
      time.after(CLOSE_WITHIN_MS, release);
      await tab.device?.close().catch(() => undefined);
      tab.process.die();
    },
    freeze(forMs) {
      const tab = leader;
      if (tab === undefined || frozen.size > 0) return;
      tab.process.freeze();
      frozen.add(tab);
      leader = undefined;
      open();
      time.after(forMs, () => thaw(tab));
    },
    thawAll() {
      for (const tab of [...frozen]) thaw(tab);
    },
    closed,
    async losePower(lost, againMs) {
      if (lost.documents > 0) losses++;
      await turnOnAfter(losePower(disk, lost), againMs);
    },
    profile,
    save() {
      saved = profile();
    },
    restore: (againMs) => put(saved ?? { image: EMPTY_DISK, keyPair: newKeyPair(), sessions: new Set() }, againMs),
    put,
    async rot(id, againMs) {
      losses++;
      await turnOnAfter(removeForGood(disk, name, id), againMs);
    },
    write(id, change) {
      const device = leader?.device;
      const done = device === undefined ? writeBeside(beside(), id, change) : device.write(id, change);
      // What the disk refused was not written.
      done.catch(() => undefined);
    },
    async purge() {
      await leader?.device?.purge();
    },
    setClock(offsetMs) {
      clockOffsetMs = offsetMs;
    },
  };
}
