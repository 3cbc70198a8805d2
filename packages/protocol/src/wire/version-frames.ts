/** Frames that carry versions (SPEC.md §1.7). */
import type { EntriesFrame, PushFrame } from '../session/frames.ts';
import type { Version } from '../version/head.ts';
import { CHANNEL, WANT_NUMBER } from './channel-frames.ts';
import { type Element, type Layout, layout, optional, uint } from './layout.ts';
import { ACTOR, CURSOR, vector } from './vectors.ts';
import { readVersions, writeVersions } from './versions.ts';

const VERSIONS: Element<readonly Version[]> = {
  write: (writer, _, versions) => writeVersions(writer, versions, []),
  read: (reader) => readVersions(reader, []),
};

export const ENTRIES: Layout<EntriesFrame> = layout({
  channel: CHANNEL,
  want: WANT_NUMBER,
  remaining: uint(),
  cursor: optional(0x01, CURSOR),
  claim: optional(0x02, vector(1)),
  versions: VERSIONS,
});

const PREVIOUS = uint();

/** Each part says how the next one is to be read. */
export const PUSH: Layout<PushFrame> = {
  write(writer, { channel, actor, previous, seq, versions }) {
    CHANNEL.write(writer, 'channel', channel);
    ACTOR.write(writer, 'actor', actor);
    PREVIOUS.write(writer, 'previous', previous);
    uint(previous + 1).write(writer, 'seq', seq);
    writeVersions(writer, versions, [actor]);
  },
  read(reader, type) {
    const channel = CHANNEL.read(reader, 'channel');
    const actor = ACTOR.read(reader, 'actor');
    const previous = PREVIOUS.read(reader, 'previous');
    const seq = uint(previous + 1).read(reader, 'seq');
    return { type, channel, actor, previous, seq, versions: readVersions(reader, [actor]) };
  },
};
