/** Serving: the scans that neighbours asked for, batch by batch within their credit (ARCHITECTURE §5). */
import type { Version } from '../version/head.ts';
import { versionCost, versionsCost } from './cost.ts';
import type { WantFrame } from './frames.ts';
import { withNeighbour } from './neighbours.ts';
import type { Neighbour, NeighbourId, Scan, SyncEffect, SyncFrame, SyncInput, SyncState } from './sync-types.ts';
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
  const scan = { want, vector, cursor, credit, reading: underWay || credit > 0 };
  const asked = withNeighbour(state, id, { ...neighbour, scan });
  return [asked, underWay || credit <= 0 ? [] : [readOf(id, scan)]];
}

export function addCredit(state: SyncState, id: NeighbourId, neighbour: Neighbour, want: number, bytes: number): Step {
  const { scan } = neighbour;
  if (scan === null || scan.want !== want) return [state, []];
  const credit = Math.min(scan.credit + bytes, Number.MAX_SAFE_INTEGER);
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
  const entries = inFrames(versions).map((part, i, parts): SyncEffect => {
    const last = i === parts.length - 1;
    const frame: SyncFrame = {
      type: 'entries',
      want: scan.want,
      versions: part,
      cursor: last ? cursor : null,
      claim: last ? claim : null,
      remaining,
    };
    return { type: 'send', neighbour: id, frame };
  });
  if (claim !== null) {
    const pushedSeq = Math.max(neighbour.pushedSeq, claim.get(state.actor) ?? 0);
    return [withNeighbour(state, id, { ...neighbour, scan: null, pushedSeq }), entries];
  }
  const credit = scan.credit - versionsCost(versions);
  const further = { ...scan, cursor, credit, reading: credit > 0 };
  const next = withNeighbour(state, id, { ...neighbour, scan: further });
  return [next, credit > 0 ? [...entries, readOf(id, further)] : entries];
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
