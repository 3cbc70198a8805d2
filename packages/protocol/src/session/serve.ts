/** Serving: the scans that neighbours asked for, batch by batch within their credit (ARCHITECTURE §5). */
import type { Version } from '../version/head.ts';
import { versionCost, versionsCost } from './cost.ts';
import type { EntriesFrame, WantFrame } from './frames.ts';
import { withNeighbour } from './neighbours.ts';
import type { Neighbour, NeighbourId, Scan, SyncEffect, SyncInput, SyncState } from './sync-types.ts';
import { ENTRIES_FRAME_COST } from './timing.ts';

type Step = readonly [SyncState, readonly SyncEffect[]];

/** [SYNC-11] One read at a time for each neighbour, however often it asks: the answer to the old one starts the new. */
export function answerWant(
  state: SyncState,
  id: NeighbourId,
  neighbour: Neighbour,
  { want, vector, cursor, credit }: Omit<WantFrame, 'channel'>,
): Step {
  const underWay = neighbour.scan?.reading ?? false;
  const scan = { want, vector, cursor, credit, reading: underWay || credit > 0, held: false };
  const asked = withNeighbour(state, id, { ...neighbour, scan });
  return [asked, underWay || credit <= 0 ? [] : [readOf(id, scan)]];
}

export function addCredit(state: SyncState, id: NeighbourId, neighbour: Neighbour, want: number, bytes: number): Step {
  const { scan } = neighbour;
  if (scan === null || scan.want !== want) return [state, []];
  const credit = Math.min(scan.credit + bytes, Number.MAX_SAFE_INTEGER);
  if (scan.held) return [withNeighbour(state, id, { ...neighbour, scan: { ...scan, credit } }), []];
  const resumed = { ...scan, credit, reading: scan.reading || credit > 0 };
  const next = withNeighbour(state, id, { ...neighbour, scan: resumed });
  return [next, scan.reading || credit <= 0 ? [] : [readOf(id, scan)]];
}

/** [SYNC-11] Sends what was read for a scan; reads on while there is credit. */
export function serve(
  state: SyncState,
  id: NeighbourId,
  neighbour: Neighbour,
  input: SyncInput & { type: 'read' },
): Step {
  const { scan } = neighbour;
  if (scan === null) return [state, []];
  if (scan.want !== input.want) {
    if (scan.credit > 0) return [state, [readOf(id, scan)]];
    return [withNeighbour(state, id, { ...neighbour, scan: { ...scan, reading: false } }), []];
  }
  const { versions, cursor, claim, remaining } = input.batch;
  // [REPAIR-5] Nothing is claimed while it is not known what is missing here.
  const held = claim !== null && state.repair !== null;
  const entries =
    held && versions.length === 0
      ? []
      : entriesFor(id, { want: scan.want, versions, cursor, claim: held ? null : claim, remaining });
  if (held) {
    const waiting = { ...scan, cursor, credit: scan.credit - versionsCost(versions), reading: false, held };
    return [withNeighbour(state, id, { ...neighbour, scan: waiting }), entries];
  }
  if (claim !== null) {
    const pushedSeq = Math.max(neighbour.pushedSeq, claim.get(state.actor) ?? 0);
    return [withNeighbour(state, id, { ...neighbour, scan: null, pushedSeq }), entries];
  }
  const credit = scan.credit - versionsCost(versions);
  const further = { ...scan, cursor, credit, reading: credit > 0 };
  const next = withNeighbour(state, id, { ...neighbour, scan: further });
  return [next, credit > 0 ? [...entries, readOf(id, further)] : entries];
}

/** [REPAIR-5] Scans that had come to their end go on, to the claim. */
export function resumeScans(state: SyncState): readonly [SyncState, readonly SyncEffect[]] {
  let next = state;
  const effects: SyncEffect[] = [];
  for (const [id, neighbour] of state.neighbours) {
    const { scan } = neighbour;
    if (scan?.held !== true) continue;
    const resumed = { ...scan, held: false, reading: scan.credit > 0 };
    next = withNeighbour(next, id, { ...neighbour, scan: resumed });
    if (resumed.reading) effects.push(readOf(id, resumed));
  }
  return [next, effects];
}

/** Frames with these versions; cursor and claim come with the last. */
export function entriesFor(
  neighbour: NeighbourId,
  { want, versions, cursor, claim, remaining }: Omit<EntriesFrame, 'type' | 'channel'>,
): readonly SyncEffect[] {
  return inFrames(versions).map((part, i, parts): SyncEffect => {
    const isLast = i === parts.length - 1;
    const end = { cursor: isLast ? cursor : null, claim: isLast ? claim : null };
    return { type: 'send', neighbour, frame: { type: 'entries', want, versions: part, ...end, remaining } };
  });
}

function readOf(neighbour: NeighbourId, { want, vector, cursor }: Scan): SyncEffect {
  return { type: 'read', neighbour, want, vector, cursor };
}

/** Concurrent versions of one large document can be too much for one frame; the cursor then comes with the last. */
function inFrames(versions: readonly Version[]): readonly (readonly Version[])[] {
  const frames: Version[][] = [[]];
  let cost = 0;
  for (const version of versions) {
    cost += versionCost(version);
    if (cost > ENTRIES_FRAME_COST && frames[frames.length - 1]?.length !== 0) {
      frames.push([]);
      cost = versionCost(version);
    }
    frames[frames.length - 1]?.push(version);
  }
  return frames;
}
