/** The thread of `attacker.ts`: one link after the other, as a member who knows no shame. */
import { parentPort, workerData } from 'node:worker_threads';
import { decodeFrame, encodeFrame } from '@rxdb-p2p/protocol';
import { createRandom } from '../simulator/random.ts';
import {
  type AttackerSettings,
  createDialFactory,
  type FromAttacker,
  type Raid,
  TOPIC,
  type ToAttacker,
} from './attacker.ts';
import { fuzzedBytes, plausibleFrame, type Surroundings } from './frame-fuzz.ts';
import { createRogue, type Rogue } from './rogue.ts';

const { seed, schemaHash, collection, linksPerSecond } = workerData as AttackerSettings;
if (parentPort === null) throw new Error('this is the thread of an attacker');
const parent = parentPort;

/** Frames that one link is to take. */
const MAX_FRAMES_PER_LINK = 40;
/** What a link may take to be open, milliseconds. */
const OPEN_WITHIN_MS = 5_000;

const random = createRandom(seed);
const offer = { collection, schemaVersion: 0, schemaHash, mergeMode: 'fields', sends: true, receives: true };
const around: Surroundings = { channel: 1, actors: ['rogue-----------', 'rogue2----------'], schemaHash, collection };
let cutOff = 0;
let dialledAt = 0;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function connect(greets: boolean): Promise<Rogue> {
  await pause(Math.max(0, dialledAt + 1_000 / linksPerSecond - performance.now()));
  dialledAt = performance.now();
  const onClosed = (): void => {
    cutOff++;
  };
  // Somebody else each time: whoever comes back by the same name has to wait.
  const about = { topic: TOPIC, offer, secretKey: random.bytes(32), greets, onClosed };
  const rogue = createRogue({ factory: createDialFactory(parent), ...about });
  while (rogue.victims.length === 0 && performance.now() < dialledAt + OPEN_WITHIN_MS) await pause(1);
  return rogue;
}

function isFrame(bytes: Uint8Array): boolean {
  try {
    decodeFrame(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Those that are no frames come last: each of them ends its link. */
function fuzzForOneLink(count: number): readonly Uint8Array[] {
  const all = Array.from({ length: count }, () => fuzzedBytes(random, around));
  return [...all.filter(isFrame), ...all.filter((bytes) => !isFrame(bytes))];
}

async function raid({ frames, sequences }: Raid): Promise<void> {
  const steps = frames + sequences.length * 2;
  let done = 0;
  const advance = (by: number): void => {
    done += by;
    parent.postMessage({ type: 'progress', progress: done / steps, cutOff } satisfies FromAttacker);
  };
  while (done < frames) {
    const fuzz = fuzzForOneLink(Math.min(frames - done, 1 + random.int(MAX_FRAMES_PER_LINK)));
    const rogue = await connect(true);
    const [victim] = rogue.victims;
    for (const bytes of fuzz) {
      victim?.sendBytes(bytes);
      await turn();
    }
    advance(fuzz.length);
    await pause(1);
    await rogue.close();
  }
  for (const greets of [false, true]) {
    for (const types of sequences) {
      const rogue = await connect(greets);
      const [victim] = rogue.victims;
      // All at once: what comes after the end of a connection must do no harm either.
      for (const type of types) victim?.sendBytes(encodeFrame(plausibleFrame(random, around, type)));
      advance(1);
      await pause(1);
      await rogue.close();
    }
  }
  parent.postMessage({ type: 'over', cutOff } satisfies FromAttacker);
}

parent.on('message', (message: ToAttacker) => void raid(message.raid));
