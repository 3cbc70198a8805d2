/** Frames that a peer could send by fault or malice: random ones, valid ones bent a little, and valid ones nobody expects. */
import {
  DIGEST_BYTES,
  encodeFrame,
  type Frame,
  type FrameType,
  hashVector,
  NOISE_FRAME_BYTES,
  PROOF_FRAME_BYTES,
  PROTOCOL_VERSION,
  type Version,
} from '@rxdb-p2p/protocol';
import type { Random } from '../simulator/random.ts';

/** What a frame should fit, so that it gets further than the first check. */
export interface Surroundings {
  readonly channel: number;
  /** actors and the highest `seq` of each that the victim knows */
  readonly actors: readonly string[];
  readonly schemaHash: string;
  readonly collection: string;
}

export const FRAME_TYPES: readonly FrameType[] = [
  ...([
    'version',
    'noise',
    'proof',
    'hello',
    'open',
    'refuse',
    'close',
    'have',
    'want',
    'credit',
    'entries',
    'push',
  ] as const),
  ...(['compare', 'differ', 'fetch', 'ping', 'pong', 'bye'] as const),
];

const FIELDS = ['id', 'text', 'n', '__proto__', 'constructor', 'ü'];
const BODIES = [
  '{}',
  '{"id":"x"',
  'null',
  '{"id":"x","__proto__":{"y":1}}',
  '{"id":"x","text":1e999}',
  `{"id":"x","free":${'['.repeat(70)}${']'.repeat(70)}}`,
];

/** A frame that could be one of this session. */
export function plausibleFrame(
  random: Random,
  around: Surroundings,
  type: FrameType = random.pick(FRAME_TYPES),
): Frame {
  const number = (): number => random.pick([0, 1, 2, 7, 300, 2 ** 31, Number.MAX_SAFE_INTEGER]);
  const positive = (): number => Math.max(1, number());
  const channel = random.chance(0.9) ? around.channel : random.pick([1, 2, 3, 500, 2 ** 32 - 1]);
  const actor = (): string => random.pick([...around.actors, '__defineGetter__', 'stranger--------']);
  const vector = (): Map<string, number> =>
    new Map(Array.from({ length: random.int(4) }, () => [actor(), positive()] as const));
  const bytes16 = (): Uint8Array => random.bytes(16);
  switch (type) {
    case 'version':
      return { type, version: random.pick([PROTOCOL_VERSION, 99]) };
    case 'noise':
      return { type, data: random.bytes(NOISE_FRAME_BYTES) };
    case 'proof':
      return { type, data: random.bytes(PROOF_FRAME_BYTES) };
    case 'hello':
      return {
        ...{ type, session: bytes16(), time: number(), features: [] },
      };
    case 'open':
      return {
        ...{ type, channel, proof: random.bytes(32), collection: around.collection, schemaVersion: random.int(2) },
        ...{ schemaHash: around.schemaHash, mergeMode: random.pick(['fields', 'handler:1']) },
        ...{ sends: random.chance(0.5), receives: random.chance(0.5) },
      };
    case 'refuse':
      return {
        type,
        channel,
        code: random.pick(['SCHEMA_DIFFERS', 'NOT_ALLOWED']),
        text: random.pick(['', '\u0000 ü']),
      };
    case 'close':
      return { type, channel };
    case 'have': {
      const form = random.pick(['hash', 'whole', 'changes'] as const);
      const entries = form === 'hash' ? new Map() : vector();
      const hash = random.chance(0.5) ? hashVector(entries) : bytes16();
      return { type, channel, hash, form, entries, pushedBytes: number() };
    }
    case 'want':
      return {
        type,
        channel,
        want: positive(),
        vector: vector(),
        cursor: random.pick([null, cursorOf(random)]),
        credit: number(),
      };
    case 'credit':
      return { type, channel, want: positive(), bytes: number() };
    case 'entries':
      return {
        ...{ type, channel, want: positive(), versions: versionsOf(random, actor) },
        ...{
          cursor: random.pick([null, cursorOf(random)]),
          claim: random.chance(0.3) ? vector() : null,
          remaining: random.int(9),
        },
      };
    case 'push': {
      const previous = random.int(4);
      return {
        type,
        channel,
        actor: actor(),
        previous,
        seq: previous + 1 + random.int(3),
        versions: versionsOf(random, actor),
      };
    }
    case 'compare': {
      const ranges = sorted(random, 3).map((last) => ({ last, digest: random.bytes(DIGEST_BYTES) }));
      return { type, channel, want: positive(), after: random.pick([null, '']), ranges: [...ranges] };
    }
    case 'differ': {
      const items = sorted(random, 5).map((id) => ({ id, digest: random.bytes(DIGEST_BYTES) }));
      return { type, channel, want: positive(), upTo: null, items };
    }
    case 'fetch':
      return { type, channel, want: positive(), ids: sorted(random, 5) };
    case 'ping':
    case 'pong':
      return { type, token: random.int(2 ** 31) };
    case 'bye':
      return { type, code: 'CLOSED', text: '' };
  }
}

/** Ids that rise, some of which there are. */
function sorted(random: Random, most: number): string[] {
  const ids = Array.from({ length: 1 + random.int(most) }, () => `${random.pick(['fuzz', 'good'])}-${random.int(50)}`);
  return [...new Set(ids)].sort();
}

function cursorOf(random: Random): { journal: string; epoch: string; lsn: number } {
  return { journal: 'j'.repeat(22), epoch: 'e'.repeat(11), lsn: random.int(500) };
}

function versionsOf(random: Random, actor: () => string): Version[] {
  return Array.from({ length: 1 + random.int(3) }, (): Version => {
    const own = actor();
    const id = `fuzz-${random.int(50)}`;
    const good = `{"id":"${id}","text":"${random.int(1_000)}"}`;
    const body = random.chance(0.6) ? good : random.chance(0.1) ? undefined : random.pick(BODIES);
    const past = random.chance(0.3)
      ? [{ actor: actor(), seq: 1 + random.int(9) }].filter((dot) => dot.actor !== own)
      : [];
    const clock = { time: random.int(2 ** 31), actor: actor(), seq: 1 + random.int(9) };
    const clocks = random.chance(0.3) ? [{ field: random.pick(FIELDS), ...clock }] : [];
    const head = {
      ...{ time: random.pick([0, random.int(2 ** 31), 2 ** 52]), actor: own, seq: 1 + random.int(200) },
      ...{ past, deleted: random.chance(0.1), clocks, ...(random.chance(0.1) ? { floor: clock } : {}) },
    };
    return body === undefined ? { id, head, body, hash: 'AAAAAAAAAAA' } : { id, head, body };
  });
}

/** Bytes that are a frame, nearly one, or none. */
export function fuzzedBytes(random: Random, around: Surroundings): Uint8Array {
  const kind = random.int(10);
  if (kind === 0) return random.bytes(1 + random.int(300));
  const frame = encodeFrame(plausibleFrame(random, around)).slice();
  if (kind < 5) return frame;
  return bend(random, frame, encodeFrame(plausibleFrame(random, around)));
}

export function bend(random: Random, frame: Uint8Array, other: Uint8Array): Uint8Array {
  const at = random.int(frame.length);
  switch (random.int(6)) {
    case 0: {
      const bent = frame.slice();
      for (let i = 0; i < 1 + random.int(4); i++) {
        const place = random.int(bent.length);
        bent[place] = (bent[place] as number) ^ (1 << random.int(8));
      }
      return bent;
    }
    case 1:
      return frame.slice(0, Math.max(1, at));
    case 2:
      return Uint8Array.from([...frame, ...random.bytes(1 + random.int(9))]);
    case 3:
      return Uint8Array.from([...frame.slice(0, at), ...other.slice(random.int(other.length))]);
    case 4:
      // A length that promises far more than there is.
      return Uint8Array.from([
        ...frame.slice(0, at),
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0xff,
        0x0f,
        ...frame.slice(at + 1),
      ]);
    default:
      return Uint8Array.from([
        ...frame.slice(0, at),
        ...frame.slice(Math.min(frame.length - 1, at + 1 + random.int(9))),
      ]);
  }
}
