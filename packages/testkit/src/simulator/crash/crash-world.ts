/** A device whose process dies, others that go on, and the disks, clocks and links that outlive it. */
import { type Body, base64url, createFieldHasher, dominates } from '@rxdb-p2p/protocol';
import { type JournalLimits, readMarker, type StoredDocument, WRITE_CONTEXT } from 'rxdb-p2p/testing';
import { createClock, createDevice, type Device, openDocuments, type WatchedDevice } from '../device.ts';
import { createDisk, type SimDisk } from '../disk.ts';
import { type HandlerName, policyOf } from '../handlers.ts';
import { createSimNetwork, type SimNetwork } from '../network.ts';
import { createProcess, type SimProcess, type StorageDelays, type StorageWrite } from '../process.ts';
import { createRandom } from '../random.ts';
import { type Change, createHandWrites, createUser, type SimDocument, USER_CONTEXT } from '../user.ts';
import { createVirtualTime } from '../virtual-time.ts';
import { createWriteLog, type WriteLog } from '../write-log.ts';

/** `victim` is the device whose process dies. */
export type Place = 'victim' | 'witness' | 'third';

export interface CrashWorld {
  readonly network: SimNetwork;
  readonly log: WriteLog;
  /** what went wrong so far, beside what the log has found */
  readonly failures: readonly string[];
  /** the device as its latest process opened it; undefined while none is open */
  deviceAt(place: Place): Device | undefined;
  /** all devices that are open */
  open(): readonly Device[];
  processAt(place: Place): SimProcess;
  /** Kills the process at a place, if it lives, and starts a new one. */
  newProcess(place: Place): SimProcess;
  /** Opens the device in its latest process. */
  openAt(place: Place, clockOffsetMs?: number): void;
  /** A person's write, which is never answered when the process is dead. */
  write(place: Place, id: string, change: Change, label?: string): void;
  /** A person's write while nothing of ours runs there: from another tab, say. */
  writeBeside(place: Place, id: string, change: Change, label?: string): Promise<void>;
  /** A person lets a version go that is kept aside at this place; the document becomes this one, or stays as it is shown. */
  release(place: Place, id: string, document?: SimDocument): void;
  /** Takes a document off a disk for good, with nothing left of it. */
  purge(place: Place, id: string): Promise<void>;
  /** Notes all that is on a disk. @returns what puts it there again, when no process of that place is alive */
  save(place: Place): () => Promise<void>;
  /** Lets a write of the victim's replica wait until a person there has written. Once. */
  interject(when: 'before' | 'after', of: (write: StorageWrite) => boolean, write: () => Promise<void>): void;
  userAt(place: Place): Device;
  /** whether a storage took the write of this label */
  accepted(label: string): boolean;
  /** how many writes by hand a device's storage took */
  acceptedAt(place: Place): number;
  /** Lets virtual time pass. */
  pass(ms: number): Promise<void>;
  /** Lets virtual time pass until an answer is there. */
  answer<T>(question: Promise<T>): Promise<T>;
  /** Ends every process, since RxDB's memory storage keeps for ever what is open. */
  close(): void;
}

/** Storages that answer at once; that take their time; and those whose events come late and overtake each other. */
export type StorageKind = 'instant' | 'slow' | 'late events';

export interface CrashWorldOptions {
  readonly seed: number;
  readonly storageKind: StorageKind;
  /** Whether devices compare all documents with their journals after the start, or rely on the checkpoint alone. */
  readonly comparesAll: boolean;
  readonly places: readonly Place[];
  readonly handler: HandlerName;
  readonly journalLimits?: Partial<JournalLimits>;
  /** Disks lose what was on them: processes cannot hold what the ones before them held. */
  readonly losesStorage: boolean;
  /** Whether a process may take a new name, and remember the one before. */
  readonly renames: boolean;
}

interface Site {
  readonly disk: SimDisk;
  readonly handWrites: ReturnType<typeof createHandWrites>;
  readonly accepted: Set<string>;
  process: SimProcess;
  watched?: WatchedDevice | undefined;
  device?: Device | undefined;
}

const DELAY_MS = { minDelayMs: 1, maxDelayMs: 5 };
/** Of one call, and of the event of a write. */
const CALL_MS = 3;
const EVENT_MS = 10;

export function createCrashWorld(options: CrashWorldOptions): CrashWorld {
  const { seed, places, handler, journalLimits, storageKind, comparesAll } = options;
  const random = createRandom(seed);
  const time = createVirtualTime(random);
  const network = createSimNetwork(time, random, DELAY_MS);
  const log = createWriteLog();
  const hasher = createFieldHasher();
  const failures: string[] = [];
  const upTo = (ms: number) => (): number => random.next() * ms;
  const delays: StorageDelays = {
    ...(storageKind === 'instant' ? {} : { call: upTo(CALL_MS) }),
    ...(storageKind === 'late events' ? { event: upTo(EVENT_MS) } : {}),
  };
  const sites = new Map<Place, Site>();
  for (const place of places) {
    const disk = createDisk();
    const process = createProcess(disk.storage, time, delays);
    sites.set(place, { disk, process, handWrites: createHandWrites(), accepted: new Set() });
    watchWrites(place, process);
  }

  function siteOf(place: Place): Site {
    const site = sites.get(place);
    if (site === undefined) throw new RangeError(`there is no ${place} in this scenario`);
    return site;
  }

  function watchWrites(place: Place, process: SimProcess): void {
    process.watch({ landed: (write) => noteLanded(place, write) });
  }

  function noteLanded(place: Place, { instance, context, rows }: StorageWrite): void {
    if (instance !== 'items') return;
    for (const row of rows as readonly StoredDocument[]) {
      if (context === USER_CONTEXT) siteOf(place).accepted.add(row._rev);
      const head = context === WRITE_CONTEXT ? readMarker(row, hasher)?.head : undefined;
      if (head !== undefined) log.noteShown(place, row['id'] as string, row._rev, [head.head]);
    }
  }

  function open(place: Place, clockOffsetMs: number): void {
    const site = siteOf(place);
    const before = site.watched;
    const { process } = site;
    site.device = undefined;
    process.onDeath(() => {
      network.kill(place);
      if (site.process === process) site.device = undefined;
    });
    const { storage, timers } = process;
    const opened = createDevice({
      ...{
        name: place,
        storage,
        network,
        random,
        clockOffsetMs,
        comparesAll,
        time: timers,
        handWrites: site.handWrites,
      },
      merge: (onProblem) => policyOf(handler, onProblem, timers),
      ...(journalLimits === undefined ? {} : { journalLimits }),
      onOpened(watched) {
        if (before !== undefined && !options.losesStorage) compareLives(place, before, watched);
        site.watched = watched;
        log.watch(watched);
      },
    });
    opened.then(
      (device) => {
        if (process.alive) site.device = device;
      },
      (error: unknown) => failures.push(`${place} does not open: ${String(error)}`),
    );
  }

  /** In a process of its own, so that the write counts as accepted, but not as one of ours. */
  async function writeBeside(place: Place, id: string, change: Change, label?: string): Promise<void> {
    const { disk, handWrites } = siteOf(place);
    const process = createProcess(disk.storage, time, delays);
    watchWrites(place, process);
    const documents = await openDocuments(process.storage, place);
    const randomId = (bytes: number): string => base64url(random.bytes(bytes));
    await createUser({ documents, now: createClock(time, 0), randomId, handWrites }).write(id, change, label);
    await documents.close();
  }

  async function purge(place: Place, id: string): Promise<void> {
    const documents = await openDocuments(siteOf(place).disk.storage, place);
    const [previous] = await documents.findDocumentsById([id], true);
    if (previous === undefined) throw new RangeError(`there is no document ${id}`);
    const rev = `${Number.parseInt(previous._rev, 10) + 1}-purged`;
    const tombstone = { ...previous, _deleted: true, _rev: rev, _meta: { lwt: 1 } };
    await documents.bulkWrite([{ previous, document: tombstone }], 'purge');
    await documents.cleanup(0);
    await documents.close();
  }

  /** @throws RangeError there is no such version */
  function release(place: Place, id: string, document?: SimDocument): void {
    const { replica } = userAt(place);
    const aside = replica.quarantine(0, Number.MAX_SAFE_INTEGER).versions.find((version) => version.id === id);
    if (aside === undefined) throw new RangeError(`no version of ${id} is kept aside`);
    const { actor, seq } = aside.stored.head;
    log.releases.note(place, id, { actor, seq });
    void replica.release({ id, actor, seq }, document as Body | undefined);
  }

  function save(place: Place): () => Promise<void> {
    const { disk } = siteOf(place);
    const image = disk.save();
    return async () => {
      const { watched } = siteOf(place);
      const others = [...sites.values()].flatMap((site) => (site === siteOf(place) ? [] : (site.watched ?? [])));
      if (watched !== undefined) log.excuse(watched, others);
      await time.answer(disk.put(image, place));
    };
  }

  /** What a process has said it holds, the next one must hold. */
  function compareLives(place: Place, before: WatchedDevice, after: WatchedDevice): void {
    if (!dominates(after.journal.vector, before.journal.vector)) failures.push(`${place} has lost part of its vector`);
    if (after.journal.lsn < before.journal.lsn) failures.push(`${place} has lost lsns`);
    if (options.renames && after.journal.formerNames.some(([name]) => name === before.replica.actor)) return;
    if (after.journal.seq < before.journal.seq) failures.push(`${place} has lost its seq`);
    const known = before.journal.incarnation;
    if (known !== '' && after.journal.incarnation !== known) failures.push(`${place} has another incarnation`);
  }

  const deviceAt = (place: Place): Device | undefined => siteOf(place).device;
  const userAt = (place: Place): Device => {
    const device = deviceAt(place);
    if (device === undefined) throw new RangeError(`${place} is not open`);
    return device;
  };

  return {
    ...{ network, log, failures, deviceAt, userAt },
    open: () => [...sites.values()].flatMap(({ device }) => device ?? []),
    processAt: (place) => siteOf(place).process,
    newProcess(place) {
      const site = siteOf(place);
      site.process.die();
      site.process = createProcess(site.disk.storage, time, delays);
      watchWrites(place, site.process);
      return site.process;
    },
    openAt: (place, clockOffsetMs = 0) => open(place, clockOffsetMs),
    write(place, id, change, label) {
      void deviceAt(place)?.write(id, change, label);
    },
    writeBeside: (place, id, change, label) => time.answer(writeBeside(place, id, change, label)),
    release,
    purge,
    save,
    interject(when, of, write) {
      let done = false;
      const once = (noted: StorageWrite): Promise<void> | undefined => {
        if (done || !of(noted)) return undefined;
        done = true;
        return write();
      };
      siteOf('victim').process.watch(when === 'before' ? { before: once } : { after: once });
    },
    accepted(label) {
      return [...sites.values()].some(({ handWrites, accepted }) =>
        [...accepted].some((rev) => handWrites.labels.get(rev) === label),
      );
    },
    acceptedAt: (place) => siteOf(place).accepted.size,
    pass: (ms) => time.run(ms),
    answer: (question) => time.answer(question),
    close() {
      for (const { process } of sites.values()) process.die();
    },
  };
}
