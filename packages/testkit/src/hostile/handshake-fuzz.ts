/**
 * Handshakes with somebody who may say anything: what honest ones have said, bent, cut, repeated, in another order, from other
 * handshakes or back to its author; with the topic's secret and without. None of it may come to an end, or open a channel.
 */
import {
  type ConnectionState,
  connectionStep,
  decodeFrame,
  encodeFrame,
  initialConnection,
  P2PError,
  PROTOCOL_VERSION,
} from '@rxdb-p2p/protocol';
import { createReplicaHandshake, createSigner } from '@rxdb-p2p/protocol/secrecy';
import type { Random } from '../simulator/random.ts';
import { bend, plausibleFrame } from './frame-fuzz.ts';

export interface HandshakeFuzzReport {
  /** attempts */
  readonly count: number;
  /** attempts that the victim took for a proved replica: none may be */
  readonly proven: number;
  /** channels that were opened: none may be */
  readonly opened: number;
  /** by what they ended with; `waits`: with nothing, until the time is up */
  readonly codes: ReadonlyMap<string, number>;
  /** the longest that one attempt took, milliseconds */
  readonly longestMs: number;
}

/** Of what is said next: mostly what gets past the first check. */
const KINDS = [0, 1, 1, 2, 3, 4, 4, 4, 4, 4, 5, 5] as const;

const ATTACKER = createSigner(new Uint8Array(32).fill(66));
const VICTIM = createSigner(new Uint8Array(32).fill(11));
const AROUND = { channel: 1, actors: ['fuzz------------'], schemaHash: 's'.repeat(43), collection: 'items' } as const;

interface End {
  readonly state: () => ConnectionState;
  /** Takes bytes as a frame. @returns what it says to them */
  hear(bytes: Uint8Array): readonly Uint8Array[];
  readonly begun: readonly Uint8Array[];
  /** What it ended with. */
  code(): string;
  opened(): number;
}

function createEnd(random: Random, initiator: boolean, psk: Uint8Array, isVictim: boolean): End {
  const met = new Set<string>();
  const handshake = createReplicaHandshake({
    ...{ initiator, psk, ephemeral: random.bytes(32), signer: isVictim ? VICTIM : ATTACKER },
    binding: { room: 'app/room', ownFingerprint: new Uint8Array(32), remoteFingerprint: new Uint8Array(32) },
    ephemerals: {
      made: (key) => void met.add(`own ${key}`),
      met: (key) => (met.has(`own ${key}`) ? 'own' : 'new'),
    },
  });
  const self = { type: 'hello', session: random.bytes(16), time: 0, features: [] } as const;
  let state = initialConnection(self, handshake);
  let code = 'waits';
  let opened = 0;
  function give(input: Parameters<typeof connectionStep>[1]): readonly Uint8Array[] {
    const [next, effects] = connectionStep(state, input);
    state = next;
    const said: Uint8Array[] = [];
    for (const effect of effects) {
      if (effect.type === 'send') said.push(encodeFrame(effect.frame).slice());
      if (effect.type === 'end') code = effect.code;
      if (effect.type === 'opened') opened++;
    }
    return said;
  }
  return {
    begun: give({ type: 'start', now: 0 }),
    state: () => state,
    code: () => code,
    opened: () => opened,
    hear(bytes) {
      try {
        return give({ type: 'frame', frame: decodeFrame(bytes), now: 0 });
      } catch (error) {
        if (!(error instanceof P2PError)) throw error;
        code = error.code;
        return give({ type: 'end', code: 'PROTOCOL_ERROR', text: '' });
      }
    },
  };
}

/** What the two sides of honest handshakes have said, each frame one after the other. */
function record(random: Random, psk: Uint8Array): Uint8Array[] {
  const [a, b] = [createEnd(random, true, psk, true), createEnd(random, false, psk, true)];
  const all: Uint8Array[] = [];
  const queue = [...a.begun.map((bytes) => [b, a, bytes] as const), ...b.begun.map((bytes) => [a, b, bytes] as const)];
  for (const [to, from, bytes] of queue) {
    all.push(bytes);
    for (const answer of to.hear(bytes)) queue.push([from, to, answer]);
  }
  return all;
}

export function fuzzHandshakes(random: Random, count: number): HandshakeFuzzReport {
  const psk = random.bytes(32);
  const recorded = Array.from({ length: 40 }, () => record(random, psk));
  const codes = new Map<string, number>();
  let [proven, opened, longestMs] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    const calls = random.chance(0.5);
    const victim = createEnd(random, calls, psk, true);
    // Half of them have the secret, and answer as they should now and then; what they prove is always bent.
    const known = random.chance(0.5) ? psk : random.bytes(32);
    const accomplice = createEnd(random, random.chance(0.9) ? !calls : calls, known, false);
    const said: Uint8Array[] = [...victim.begun];
    if (random.chance(0.95))
      said.push(...victim.hear(encodeFrame({ type: 'version', version: PROTOCOL_VERSION }).slice()));
    for (let turn = 0; turn < 6 && victim.state().phase !== 'closed'; turn++) {
      const frame = nextFrame(random, recorded, said, accomplice);
      const answers = victim.hear(frame);
      said.push(...answers);
    }
    if (victim.state().proven !== null) proven++;
    opened += victim.opened();
    codes.set(victim.code(), (codes.get(victim.code()) ?? 0) + 1);
    longestMs = Math.max(longestMs, performance.now() - began);
  }
  return { count, proven, opened, codes, longestMs };
}

function nextFrame(
  random: Random,
  recorded: readonly Uint8Array[][],
  said: readonly Uint8Array[],
  accomplice: End,
): Uint8Array {
  const recording = random.pick(random.pick(recorded));
  switch (random.pick(KINDS)) {
    case 0:
      return encodeFrame(plausibleFrame(random, AROUND)).slice();
    case 1:
      return recording;
    case 2:
      return said.length === 0 ? recording : random.pick(said);
    case 3:
      return random.bytes(1 + random.int(200));
    case 4: {
      // A member's own words to the victim, which prove nothing: a bit of each proof is another one.
      const [answer = recording] = said.flatMap((bytes) => accomplice.hear(bytes));
      return answer[0] === 0x11 ? bend(random, answer, recording) : answer;
    }
    default:
      return bend(random, recording, random.pick(random.pick(recorded)));
  }
}
