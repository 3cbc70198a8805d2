/** Frames of a repair (SPEC.md §1.8). */
import { MAX_COMPARED_RANGES, MAX_DIGESTS, MAX_FETCHED_IDS, MAX_ID_BYTES } from '../limits.ts';
import type { CompareFrame, DifferFrame, DigestItem, DigestRange, FetchFrame } from '../session/frames.ts';
import { DIGEST_BYTES } from '../version/fingerprint.ts';
import { CHANNEL, WANT_NUMBER } from './channel-frames.ts';
import { fixed, type Layout, layout, list, optional, record, text } from './layout.ts';

const HAS_AFTER = 0x01;
const IS_OPEN = 0x02;

const ID = text(MAX_ID_BYTES);
const DIGEST = fixed(DIGEST_BYTES);

/** The digest of an open range. */
const MIN_RANGE_BYTES = DIGEST_BYTES;
/** An empty id and a digest. */
const MIN_ITEM_BYTES = 1 + DIGEST_BYTES;

/** A bit says that the last range is open, so that it has no end. */
export const COMPARE: Layout<CompareFrame> = {
  write(writer, { channel, want, after, ranges }) {
    CHANNEL.write(writer, 'channel', channel);
    const isOpen = ranges[ranges.length - 1]?.last === null;
    writer.byte((after === null ? 0 : HAS_AFTER) | (isOpen ? IS_OPEN : 0));
    WANT_NUMBER.write(writer, 'want', want);
    if (after !== null) ID.write(writer, 'after', after);
    writer.uint('ranges', ranges.length, 1, MAX_COMPARED_RANGES);
    let previous = after ?? undefined;
    for (const [i, { last, digest }] of ranges.entries()) {
      if (last === null && i < ranges.length - 1) writer.fail('ranges', 'the last one alone to be open', `range ${i}`);
      if (last !== null) {
        writer.rising('ranges', previous, last);
        ID.write(writer, 'last', last);
        previous = last;
      }
      DIGEST.write(writer, 'digest', digest);
    }
  },
  read(reader, type) {
    const channel = CHANNEL.read(reader, 'channel');
    const flags = reader.flags('flags', HAS_AFTER | IS_OPEN);
    const want = WANT_NUMBER.read(reader, 'want');
    const after = (flags & HAS_AFTER) === 0 ? null : ID.read(reader, 'after');
    const count = reader.count('ranges', 1, MAX_COMPARED_RANGES, MIN_RANGE_BYTES);
    const ranges: DigestRange[] = [];
    let previous = after ?? undefined;
    for (let i = 0; i < count; i++) {
      const isOpen = i === count - 1 && (flags & IS_OPEN) !== 0;
      const last = isOpen ? null : ID.read(reader, 'last');
      if (last !== null) {
        reader.rising('ranges', previous, last);
        previous = last;
      }
      ranges.push({ last, digest: DIGEST.read(reader, 'digest') });
    }
    return { type, channel, want, after, ranges };
  },
};

export const DIFFER: Layout<DifferFrame> = layout({
  channel: CHANNEL,
  want: WANT_NUMBER,
  upTo: optional(0x01, ID),
  items: list(record<DigestItem>({ id: ID, digest: DIGEST }), {
    ...{ min: 0, max: MAX_DIGESTS, itemBytes: MIN_ITEM_BYTES },
    key: ({ id }) => id,
  }),
});

export const FETCH: Layout<FetchFrame> = layout({
  channel: CHANNEL,
  want: WANT_NUMBER,
  ids: list(ID, { min: 1, max: MAX_FETCHED_IDS, itemBytes: 1, key: (id) => id }),
});
