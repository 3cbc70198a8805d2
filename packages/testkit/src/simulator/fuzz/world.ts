/** A pool of simulated devices to which the actions of a plan happen. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb';
import type { RxStorage } from 'rxdb';
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie';
import type { Sabotage } from '../device.ts';
import { createSimNetwork, type SimNetwork } from '../network.ts';
import { createRandom } from '../random.ts';
import { createTrace, type Trace } from '../trace.ts';
import type { Change, SimDocument } from '../user.ts';
import { createVirtualTime, type VirtualTime } from '../virtual-time.ts';
import { createWriteLog, type WriteLog } from '../write-log.ts';
import type { Action, Edit, Plan } from './plan.ts';
import { createSite, type Site } from './site.ts';

export interface FuzzWorld {
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly network: SimNetwork;
  readonly log: WriteLog;
  readonly trace: Trace;
  readonly sites: readonly Site[];
  readonly failures: readonly string[];
  perform(action: Action, step: number): Promise<void>;
  /** Ends all faults; everybody is there and connected. */
  heal(): void;
  close(): Promise<void>;
}

export function createFuzzWorld(plan: Plan, sabotage: Sabotage = {}): FuzzWorld {
  const random = createRandom(plan.seed);
  const time = createVirtualTime(random);
  const trace = createTrace();
  const network = createSimNetwork(time, random, {
    ...{ minDelayMs: 1, maxDelayMs: plan.maxDelayMs },
    onMessage: (from, to, message) => trace.message(time.now(), from, to, message),
  });
  const log = createWriteLog();
  const failures: string[] = [];
  const sites = plan.storages.map(({ callMs, eventMs }, i) =>
    createSite({
      ...{ name: `device-${i}`, random, time, network, log, trace, handler: plan.handler, failures, sabotage },
      clockOffsetMs: plan.clocks[i] ?? 0,
      delays: {
        ...(callMs === 0 ? {} : { call: () => random.next() * callMs }),
        ...(eventMs === 0 ? {} : { event: () => random.next() * eventMs }),
      },
      createStorage: plan.dexie ? dexieStorage : undefined,
      journalLimits: plan.segments === undefined ? {} : { segments: plan.segments, snapshotPartRecords: 2 },
    }),
  );
  const gone = new Set<Site>();
  for (const site of sites) site.open();

  const at = (device: number): Site => {
    const site = sites[device];
    if (site === undefined) throw new RangeError(`there is no device ${device}`);
    return site;
  };
  /** Only those who are there lose something that only they have. */
  const excuse = async (loser: Site): Promise<void> => {
    await loser.closed();
    const safe = sites.filter((site) => site !== loser && !site.doubtful);
    const others = safe.flatMap(({ watched }) => watched ?? []);
    if (loser.watched !== undefined) log.excuse(loser.watched, others);
  };

  async function perform(action: Action, step: number): Promise<void> {
    switch (action.do) {
      case 'write':
        at(action.device).write(action.id, changeOf(action.edit, action.id, step));
        break;
      case 'cut':
        network.cut(at(action.device).name, at(action.from).name);
        break;
      case 'partition': {
        const side = new Set(action.side);
        for (const [i, a] of sites.entries())
          for (const [j, b] of sites.entries()) if (side.has(i) && !side.has(j)) network.cut(a.name, b.name);
        break;
      }
      case 'heal':
        network.heal();
        break;
      case 'misbehave':
        network.misbehave(at(action.device).name, at(action.with).name, action.faults, action.forMs);
        break;
      case 'leave':
        gone.add(at(action.device));
        void at(action.device).leave();
        break;
      case 'join':
        gone.delete(at(action.device));
        at(action.device).open();
        break;
      case 'crash': {
        const { process } = at(action.device);
        process?.onDeath(() => time.after(action.downMs, () => reopen(action.device)));
        process?.dieAt(action.write, action.mode);
        break;
      }
      case 'power':
        await excuse(at(action.device));
        await at(action.device).losePower(action, action.downMs);
        break;
      case 'backup':
        at(action.device).save();
        break;
      case 'restore':
        await excuse(at(action.device));
        await at(action.device).restore(action.downMs);
        break;
      case 'copy': {
        const profile = at(action.from).profile();
        const { watched } = at(action.from);
        if (watched !== undefined) log.noteCopied(watched);
        await excuse(at(action.device));
        await at(action.device).put(profile, action.downMs);
        break;
      }
      case 'rot':
        await excuse(at(action.device));
        await at(action.device).rot(action.id, action.downMs);
        break;
      case 'clock':
        at(action.device).setClock(action.offsetMs);
        break;
      case 'stall':
        at(action.device).process?.stall(action.forMs);
        break;
      case 'fail':
        at(action.device).process?.failNext(action.calls, action.taken);
        break;
      case 'freeze':
        at(action.device).freeze(action.forMs);
        break;
      case 'purge':
        at(action.device)
          .purge()
          .catch(() => undefined);
        break;
    }
  }

  function reopen(device: number): void {
    if (!gone.has(at(device))) at(device).open();
  }

  return {
    ...{ plan, time, network, log, trace, sites, failures, perform },
    heal() {
      network.heal();
      gone.clear();
      for (const site of sites) {
        site.thawAll();
        site.process?.failNext(0, false);
        site.process?.stall(0);
        site.open();
      }
    },
    async close() {
      for (const site of sites) site.kill();
      await time.run(0);
    },
  };
}

function dexieStorage(): RxStorage<unknown, unknown> {
  return getRxStorageDexie({ indexedDB: new IDBFactory(), IDBKeyRange }) as unknown as RxStorage<unknown, unknown>;
}

function changeOf(edit: Edit, id: string, step: number): Change {
  return (before) => {
    if (edit.kind === 'delete') return undefined;
    if (before === undefined) {
      return { id, text: `new ${step}`, ...(edit.kind === 'set' ? { [edit.field]: edit.value } : {}) };
    }
    if (edit.kind === 'set') return { ...before, [edit.field]: edit.value };
    if (edit.kind === 'touch') return { ...before };
    const { [edit.field]: _removed, ...rest } = before;
    return rest as SimDocument;
  };
}
