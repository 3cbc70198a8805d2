/**
 * The content hash: what tells two versions apart that have one dot (ARCHITECTURE §3). It covers what a version says and by
 * which clocks, but neither its id nor its vector, so that it stays when a write goes on under another name. It is made of
 * unkeyed field hashes, which every replica computes anyway for what it shows.
 */
import type { FieldHashes } from '../merge/field-hashes.ts';
import type { Clock } from './clock.ts';
import type { Envelope, Head } from './head.ts';
import { Mixer } from './mixer.ts';

/** Characters of a content hash: 64 bits in base64url. */
export const CONTENT_HASH_LENGTH: number = 11;

/**
 * @param fields unkeyed hashes of the version's fields; not looked at for a tombstone, whose fields one merge mode keeps
 *   and the other does not
 */
export function contentHash(envelope: Envelope, fields: FieldHashes): string {
  const { time, deleted, clocks, floor } = envelope;
  const mixer = new Mixer();
  mixer.count(time);
  mixer.word((deleted ? 1 : 0) | (floor === undefined ? 0 : 2));
  mixer.word(clocks.length);
  for (const clock of clocks) {
    mixer.text(clock.field);
    mixClock(mixer, clock);
  }
  if (floor !== undefined) mixClock(mixer, floor);
  // Nobody can show what is nested so deeply, and nobody has to look at it.
  if (!deleted && fields.deep !== true) {
    mixer.word(fields.names.length);
    for (const name of fields.names) mixer.text(name);
    mixer.text(fields.hashes);
  }
  return textOf(mixer);
}

/** The hash of a version whose body is no JSON object: of its text as it came. */
export function opaqueContentHash(envelope: Envelope, body: string): string {
  const mixer = new Mixer();
  mixer.text(contentHash(envelope, { names: [], hashes: '' }));
  mixer.text(body);
  return textOf(mixer);
}

/** A head of an envelope. One literal for all of them: V8 then gives them one shape. */
export function headOf({ time, actor, seq, past, deleted, clocks, floor }: Envelope, hash: string): Head {
  const head: Head = { time, actor, seq, past, deleted, clocks, hash };
  return floor === undefined ? head : { ...head, floor };
}

function mixClock(mixer: Mixer, { time, actor, seq }: Clock): void {
  mixer.count(time);
  mixer.text(actor);
  mixer.count(seq);
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const DIGIT_PAIRS: readonly string[] = Array.from(
  { length: 4_096 },
  (_, i) => DIGITS.charAt(i >> 6) + DIGITS.charAt(i & 63),
);

/** The first two lanes, highest bit first. */
function textOf(mixer: Mixer): string {
  mixer.finish();
  const { a, b } = mixer;
  const pair = (bits: number): string => DIGIT_PAIRS[bits & 0xfff] ?? '';
  const first = pair(a >>> 20) + pair(a >>> 8) + pair((a << 4) | (b >>> 28));
  return first + pair(b >>> 16) + pair(b >>> 4) + DIGITS.charAt((b & 15) << 2);
}
