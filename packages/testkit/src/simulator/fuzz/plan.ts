/** One seed decides everything: what a scenario consists of, as plain data, so that it can be shrunk and told. */
import type { HandlerName } from '../handlers.ts';
import type { LinkFaults } from '../network.ts';
import type { CrashMode } from '../process.ts';
import { createRandom, type Random } from '../random.ts';

export type Field = 'text' | 'count' | 'tags' | 'nested';

export type Edit =
  | { readonly kind: 'set'; readonly field: Field; readonly value: unknown }
  | { readonly kind: 'unset'; readonly field: Field }
  /** makes a revision, and changes nothing */
  | { readonly kind: 'touch' }
  | { readonly kind: 'delete' };

/** Everything that happens to a pool. Devices are numbers from 0. */
export type Action =
  | { readonly do: 'write'; readonly device: number; readonly id: string; readonly edit: Edit }
  | { readonly do: 'cut'; readonly device: number; readonly from: number }
  | { readonly do: 'partition'; readonly side: readonly number[] }
  | { readonly do: 'heal' }
  | {
      readonly do: 'misbehave';
      readonly device: number;
      readonly with: number;
      readonly faults: LinkFaults;
      readonly forMs: number;
    }
  | { readonly do: 'leave'; readonly device: number }
  | { readonly do: 'join'; readonly device: number }
  /** the process dies at one of its next writes, and starts again */
  | {
      readonly do: 'crash';
      readonly device: number;
      readonly write: number;
      readonly mode: CrashMode;
      readonly downMs: number;
    }
  /** the device loses power, and each of its storages up to so many of its newest calls */
  | {
      readonly do: 'power';
      readonly device: number;
      readonly documents: number;
      readonly journal: number;
      readonly downMs: number;
    }
  /** all that is on a device's disk is saved, its key pair, too */
  | { readonly do: 'backup'; readonly device: number }
  /** the device is closed, put back to what was saved last, or to nothing, and opened again */
  | { readonly do: 'restore'; readonly device: number; readonly downMs: number }
  /** the device is closed, gets all that is on another one's disk in place of its own, and is opened again */
  | { readonly do: 'copy'; readonly device: number; readonly from: number; readonly downMs: number }
  /** a document that is not deleted is gone from the disk of a device that is closed */
  | { readonly do: 'rot'; readonly device: number; readonly id: string; readonly downMs: number }
  | { readonly do: 'clock'; readonly device: number; readonly offsetMs: number }
  | { readonly do: 'stall'; readonly device: number; readonly forMs: number }
  | { readonly do: 'fail'; readonly device: number; readonly calls: number; readonly taken: boolean }
  /** the leading tab is frozen, another one takes over, the first one thaws late */
  | { readonly do: 'freeze'; readonly device: number; readonly forMs: number }
  /** RxDB's cleanup removes all tombstones */
  | { readonly do: 'purge'; readonly device: number };

export type Step = Action & { readonly thenMs: number };

export type StepName = Action['do'];

export interface Plan {
  readonly seed: number;
  readonly devices: number;
  readonly handler: HandlerName;
  /** some writes break the schema: their author shows them, everybody else keeps them aside */
  readonly breaks: boolean;
  /** fake-indexeddb beneath, instead of memory */
  readonly dexie: boolean;
  readonly maxDelayMs: number;
  /** of each device's storage: how long a call takes and how late an event comes, at most; milliseconds */
  readonly storages: readonly { readonly callMs: number; readonly eventMs: number }[];
  /** of each device's clock, at first; milliseconds */
  readonly clocks: readonly number[];
  /** journals are compacted after so many segments; undefined: as usual */
  readonly segments: number | undefined;
  readonly steps: readonly Step[];
}

const YEAR_MS = 365 * 86_400_000;
/** It costs ten times as much as memory does: its scenarios are the smaller ones. */
const DEXIE_SHARE = 0.05;
const WRITE_SHARE = 0.8;

/** Segments of a journal that power loss may take, and one more. What a journal has forgotten is named again: forks, for repair. */
const MOST_JOURNAL_LOST = 6;

/** How often each fault comes, beside the others. */
const FAULTS: readonly (readonly [StepName, number])[] = [
  ['cut', 5],
  ['partition', 2],
  ['heal', 5],
  ['misbehave', 3],
  ['leave', 2],
  ['join', 3],
  ['crash', 4],
  ['power', 2],
  ['rot', 1],
  ['clock', 2],
  ['stall', 2],
  ['fail', 1],
  ['freeze', 2],
  ['purge', 2],
  ['backup', 2],
  ['restore', 1],
  ['copy', 1],
];

/**
 * After these a number may be used again, which nobody can prevent: only without them every fork and difference is a failure.
 * Half of the scenarios have neither, and the others one of both.
 */
const DISK_LOSSES: readonly StepName[] = ['power', 'rot', 'restore'];
const COPIES: readonly StepName[] = ['copy'];

export interface PlanLimits {
  /** default: 10 */
  readonly devices?: number;
  /** default: 500 */
  readonly operations?: number;
  /** Faults that do not happen. */
  readonly without?: readonly StepName[];
}

export function planOf(seed: number, limits: PlanLimits = {}): Plan {
  const { devices: mostDevices = 10, operations = 500, without = [] } = limits;
  const random = createRandom(seed);
  // Most scenarios are small: they are fast, and their stories short. Some are not.
  const dexie = random.chance(DEXIE_SHARE);
  const large = random.next() ** (dexie ? 12 : 3);
  const long = random.next() ** (dexie ? 12 : 5);
  const devices = 3 + Math.floor((mostDevices - 2) * large);
  const count = 50 + Math.floor((operations - 49) * long);
  const ids = Array.from({ length: 2 + random.int(8) }, (_, i) => `d${i}`);
  // Off in half the seeds.
  const clocksApart = random.chance(0.5);
  const storages = Array.from({ length: devices }, () => ({
    callMs: random.chance(0.5) ? random.int(5) : 0,
    eventMs: random.chance(0.3) ? random.int(300) : 0,
  }));
  const kind = random.next();
  const excluded = [...without, ...(kind < 0.75 ? COPIES : []), ...(kind < 0.5 || kind >= 0.75 ? DISK_LOSSES : [])];
  const faults = FAULTS.filter(([name]) => !excluded.includes(name) && random.chance(0.8));
  const breaks = random.chance(0.1);
  return {
    seed,
    devices,
    handler: random.pick(['fields', 'fields', 'last-write', 'non-associative']),
    dexie,
    breaks,
    maxDelayMs: random.pick([5, 50, 400]),
    storages,
    clocks: storages.map(() => (clocksApart ? clockOffset(random) : 0)),
    segments: random.chance(0.3) ? 4 + random.int(20) : undefined,
    steps: onceCopied(
      Array.from({ length: count }, (_, step) => ({
        ...(faults.length === 0 || random.chance(WRITE_SHARE)
          ? writeOf(random, devices, ids, step, breaks)
          : faultOf(random, weighted(random, faults), devices, ids, clocksApart)),
        thenMs: random.chance(0.4) ? 0 : random.chance(0.1) ? random.int(5_000) : random.int(60),
      })),
    ),
  };
}

/** Copies of copies are left out: of the devices of one profile all but one take new key pairs, and two are enough to show it. */
function onceCopied(steps: readonly Step[]): Step[] {
  const first = steps.findIndex((step) => step.do === 'copy');
  return steps.map((step, i) => (step.do === 'copy' && i > first ? { do: 'heal', thenMs: step.thenMs } : step));
}

function writeOf(random: Random, devices: number, ids: readonly string[], step: number, breaks: boolean): Action {
  const kind = random.next();
  const field = random.pick(['text', 'count', 'tags', 'nested'] as const);
  const value = {
    text: `text ${step} – ünïcödé 🌍`,
    count: breaks && random.chance(0.2) ? 'no number' : random.int(1_000),
    tags: [String(step), String(random.int(9))],
    nested: { a: random.int(99), b: String(step) },
  }[field];
  const edit: Edit =
    kind < 0.12
      ? { kind: 'delete' }
      : kind < 0.2
        ? { kind: 'unset', field }
        : kind < 0.25
          ? { kind: 'touch' }
          : { kind: 'set', field, value };
  return { do: 'write', device: random.int(devices), id: random.pick(ids), edit };
}

function faultOf(
  random: Random,
  name: StepName,
  devices: number,
  ids: readonly string[],
  clocksApart: boolean,
): Action {
  const device = random.int(devices);
  const other = (device + 1 + random.int(devices - 1)) % devices;
  const downMs = random.chance(0.5) ? random.int(100) : random.int(8_000);
  switch (name) {
    case 'cut':
      return { do: 'cut', device, from: other };
    case 'partition':
      return { do: 'partition', side: Array.from({ length: devices }, (_, i) => i).filter(() => random.chance(0.5)) };
    case 'misbehave': {
      const chance = (): number => (random.chance(0.5) ? 0 : random.next() * 0.3);
      const faults = { lose: chance(), repeat: chance(), reorder: chance() };
      return { do: 'misbehave', device, with: other, faults, forMs: 100 + random.int(12_000) };
    }
    case 'leave':
    case 'join':
    case 'purge':
    case 'backup':
      return { do: name, device };
    case 'restore':
      return { do: 'restore', device, downMs };
    case 'copy':
      return { do: 'copy', device, from: other, downMs };
    case 'crash':
      return {
        ...{ do: 'crash', device, downMs },
        write: 1 + random.int(12),
        mode: random.pick(['before', 'amid', 'after'] as const),
      };
    case 'power':
      return {
        do: 'power',
        device,
        documents: random.int(6),
        journal: random.int(MOST_JOURNAL_LOST),
        downMs,
      };
    case 'rot':
      return { do: 'rot', device, id: random.pick(ids), downMs };
    case 'clock':
      return { do: 'clock', device, offsetMs: clocksApart ? clockOffset(random) : 0 };
    case 'stall':
      return { do: 'stall', device, forMs: 1_000 + random.int(18_000) };
    case 'fail':
      return { do: 'fail', device, calls: 1 + random.int(3), taken: random.chance(0.5) };
    case 'freeze':
      return { do: 'freeze', device, forMs: 100 + random.int(15_000) };
    default:
      return { do: 'heal' };
  }
}

/** Minutes apart, a day back, or years ahead. */
function clockOffset(random: Random): number {
  const kind = random.next();
  if (kind < 0.6) return Math.round((random.next() - 0.5) * 600_000);
  if (kind < 0.9) return Math.round((random.next() - 0.5) * 5 * 86_400_000);
  return 30 * YEAR_MS;
}

function weighted(random: Random, weights: readonly (readonly [StepName, number])[]): StepName {
  const all = weights.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.next() * all;
  for (const [name, weight] of weights) {
    left -= weight;
    if (left < 0) return name;
  }
  return 'heal';
}
