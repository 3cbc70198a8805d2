/** How many bytes a version will take, without encoding it: for cutting batches and for counting credit. */
import type { Frame } from '../session/frames.ts';
import type { Version } from '../version/head.ts';

/** Flags, two lengths, an actor's index, `seq`, a time: 12 bytes, or 42 for a first version with a long history. */
const VERSION_BYTES = 16;
/** An actor's index and `seq`: 3 bytes, or 27 where the actor is new to the frame. */
const DOT_BYTES = 10;
/** An actor's index, `seq` and time: 4 bytes, or 35. */
const CLOCK_BYTES = 12;
/** Indexes of field and actor, `seq`, time: 5 bytes, or 40 and the field's name. */
const FIELD_CLOCK_BYTES = 14;

/** Frame without versions: the largest parts are texts and cursors. Vectors are counted apart. */
const FRAME_BYTES = 256;
/** An actor and its `seq`. */
const VECTOR_ENTRY_BYTES = 20;

/**
 * An estimate that depends on the version alone, so that both ends of a channel count the same, and that costs next
 * to nothing: it takes the length of texts in UTF-16 units. For ASCII text it is a few bytes per version too high or
 * too low; for other text too low. What is encoded takes at most three times the estimate.
 */
export function encodedVersionBytes(version: Version): number {
  const { id, head, body } = version;
  let bytes = VERSION_BYTES + id.length + head.past.length * DOT_BYTES;
  for (const clock of head.clocks) bytes += FIELD_CLOCK_BYTES + clock.field.length;
  if (head.floor !== undefined) bytes += CLOCK_BYTES;
  return body === undefined ? bytes : bytes + body.length;
}

/** What a writer should begin with: enough for most frames of ASCII text. */
export function expectedFrameBytes(frame: Frame): number {
  switch (frame.type) {
    case 'have':
      return FRAME_BYTES + frame.entries.size * VECTOR_ENTRY_BYTES;
    case 'want':
      return FRAME_BYTES + frame.vector.size * VECTOR_ENTRY_BYTES;
    case 'entries':
      return FRAME_BYTES + (frame.claim?.size ?? 0) * VECTOR_ENTRY_BYTES + versionsBytes(frame.versions);
    case 'push':
      return FRAME_BYTES + versionsBytes(frame.versions);
    default:
      return FRAME_BYTES;
  }
}

function versionsBytes(versions: readonly Version[]): number {
  let bytes = 0;
  for (const version of versions) bytes += encodedVersionBytes(version);
  return bytes;
}
