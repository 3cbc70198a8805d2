/** [CONN-2] What two OPENs of one channel have to agree on; both sides come to the same verdict. */
import type { ChannelOffer } from './connection-types.ts';
import type { OpenFrame, RefuseCode } from './frames.ts';

export function incompatibility(mine: ChannelOffer, theirs: OpenFrame): RefuseCode | undefined {
  if (mine.schemaVersion !== theirs.schemaVersion) return 'SCHEMA_VERSION_DIFFERS';
  if (mine.schemaHash !== theirs.schemaHash) return 'SCHEMA_DIFFERS';
  if (mine.mergeMode !== theirs.mergeMode) return 'MERGE_MODE_DIFFERS';
  if (!(mine.sends && theirs.receives) && !(mine.receives && theirs.sends)) return 'NOTHING_TO_EXCHANGE';
  return undefined;
}

export function describe({
  schemaVersion,
  schemaHash,
  mergeMode,
}: Pick<OpenFrame, 'schemaVersion' | 'schemaHash' | 'mergeMode'>): string {
  return `schema version ${schemaVersion}, schema ${schemaHash.slice(0, 8)}, merge ${mergeMode}`;
}
