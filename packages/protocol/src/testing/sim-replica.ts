/**
 * A replica without documents: its heads, journal order, vector, cursors and kept pushes, as SPEC.md §4 asks of a real
 * one. Small enough to be read as the rules themselves.
 */
import { type FieldHashes, NO_FIELDS } from '../merge/field-hashes.ts';
import { localHead } from '../merge/local-head.ts';
import type { Holdings } from '../session/comparison.ts';
import type { Cursor } from '../session/frames.ts';
import type { Authored, ScanBatch, SyncEffect } from '../session/sync-types.ts';
import { contentHash, headOf } from '../version/content-hash.ts';
import type { Dot } from '../version/dot.ts';
import { Fingerprint, type Print } from '../version/fingerprint.ts';
import { type Head, reduceHeads, sameHead, supersedes, type Version } from '../version/head.ts';
import { covers, joinVectors, type Vector } from '../version/vector.ts';
import type { Random } from './random.ts';

export interface SimCommit {
  readonly vector: Vector;
  readonly fingerprint: Print;
  readonly actor: string;
  readonly authored: Authored | null;
  readonly lost: boolean;
}

/** Large bodies are there to use up credit: what hashes them makes most of a schedule's time, and tells no more of them. */
function brief(body: string): string {
  return body.length <= 1_000 ? body : `${body.length} ${body.slice(0, 500)} ${body.slice(-500)}`;
}

/** A version whose content hash has been computed. */
interface KeptVersion extends Version {
  readonly head: Head;
}

interface Row {
  readonly id: string;
  readonly versions: readonly KeptVersion[];
  readonly lsn: number;
}

type Range = NonNullable<(SyncEffect & { type: 'apply' })['range']>;

/** All writes that anybody ever committed, to compare with. */
export type WriteLog = Map<string, { readonly id: string; readonly dot: Dot }>;

export interface SimReplica {
  readonly name: string;
  readonly actor: string;
  readonly vector: Vector;
  readonly fingerprint: Print;
  readonly heads: ReadonlyMap<string, readonly KeptVersion[]>;
  cursorOf(replica: string): Cursor | null;
  write(ids: readonly string[], bodyOf: () => string | undefined): SimCommit;
  apply(effect: SyncEffect & { type: 'apply' }, from: string): SimCommit;
  read(vector: Vector, cursor: Cursor | null): ScanBatch;
  /** its documents, as a repair compares them */
  readonly holdings: Holdings;
  /** Damage that nobody notices: documents are gone, or their content is another, and the vector stays. */
  damage(ids: readonly string[], otherwise: () => string | undefined): SimCommit;
  /** how often storage lost something */
  readonly losses: number;
  /** Storage loses documents: forget them, claim no more than is left, and write under another name. */
  lose(ids: readonly string[]): SimCommit;
  /** What the vector covers though it is neither here nor superseded by what is here. */
  brokenPromises(): string[];
}

/** A body is one field; a hash of it would say no more than it does itself. */
function fieldsOf(body: string | undefined): FieldHashes {
  return { names: ['body'], hashes: brief(body ?? 'too large to travel') };
}

function kept(version: Version): KeptVersion {
  const hash = version.body === undefined ? version.hash : contentHash(version.head, fieldsOf(version.body));
  return { ...version, head: headOf(version.head, hash ?? ''), hash: hash ?? '' };
}

/** @param claimsEarly claims with every batch, also before the scan has ended: to see that a check notices it */
export function createSimReplica(name: string, random: Random, log: WriteLog, claimsEarly = false): SimReplica {
  const rows = new Map<string, Row>();
  const cursors = new Map<string, Cursor>();
  const journal = name.padEnd(22, 'j');
  const epoch = 'epochEEEEEE';
  let incarnation = 0;
  let seq = 0;
  let lsn = 0;
  let vector: Vector = new Map();
  let ranges: readonly Range[] = [];
  let losses = 0;
  const batchRecords = 1 + random.int(4);

  const actor = (): string => `${name}${incarnation}`.padEnd(16, 'A');
  function print(): Print {
    const fingerprint = new Fingerprint();
    let settled = true;
    for (const { id, versions } of rows.values()) {
      fingerprint.add(id, versions);
      settled &&= versions.every(({ head }) => covers(vector, head));
    }
    return { sum: fingerprint.bytes(), settled };
  }

  const commit = (authored: Authored | null): SimCommit => ({
    ...{ vector, fingerprint: print(), actor: actor(), authored },
    lost: false,
  });

  function put(id: string, versions: readonly KeptVersion[]): void {
    const before = rows.get(id)?.versions ?? [];
    const same =
      versions.length === before.length &&
      versions.every((a, i) => before[i] !== undefined && sameHead(a.head, before[i].head));
    if (!same) rows.set(id, { id, versions, lsn: ++lsn });
  }

  function renew(): void {
    incarnation++;
    seq = 0;
  }

  function countRanges(): void {
    const next = new Map(vector);
    for (let moved = true; moved; ) {
      moved = false;
      for (const range of ranges) {
        const reached = next.get(range.actor) ?? 0;
        if (reached < range.previous || reached >= range.seq) continue;
        next.set(range.actor, range.seq);
        moved = true;
      }
    }
    ranges = ranges.filter((range) => (next.get(range.actor) ?? 0) < range.previous);
    vector = joinVectors(vector, next);
  }

  return {
    name,
    get actor() {
      return actor();
    },
    get vector() {
      return vector;
    },
    get fingerprint() {
      return print();
    },
    get heads() {
      return new Map([...rows].map(([id, { versions }]) => [id, versions]));
    },
    cursorOf: (replica) => cursors.get(replica) ?? null,
    write(ids, bodyOf) {
      const previous = seq;
      const versions = ids.map((id): KeptVersion => {
        const bases = (rows.get(id)?.versions ?? []).map(({ head }) => ({ head, fields: NO_FIELDS }));
        seq++;
        const body = bodyOf();
        const write = {
          actor: actor(),
          seq,
          wallMs: random.int(1_000),
          deleted: random.chance(0.2),
          fields: fieldsOf(body),
        };
        const head = localHead(write, bases);
        const version = { id, head, body, hash: head.hash };
        put(id, reduceHeads([...(rows.get(id)?.versions ?? []), version]));
        log.set(`${version.head.actor}:${seq}`, { id, dot: version.head });
        return version;
      });
      vector = new Map(vector).set(actor(), seq);
      return commit({ actor: actor(), previous, seq, versions });
    },
    holdings: { ids: () => [...rows.keys()].sort(), headsOf: (id) => rows.get(id)?.versions },
    damage(ids, otherwise) {
      for (const id of ids) {
        const body = otherwise();
        const versions = rows.get(id)?.versions ?? [];
        rows.delete(id);
        if (body !== undefined)
          put(
            id,
            versions.map((version) => kept({ ...version, body })),
          );
      }
      return commit(null);
    },
    apply({ versions, claim, cursor, range, repair = false }, from) {
      for (const version of versions) {
        if (!repair && covers(vector, version.head)) continue;
        put(version.id, reduceHeads([...(rows.get(version.id)?.versions ?? []), kept(version)]));
      }
      if (claim !== null) vector = joinVectors(vector, claim);
      if (range !== null) ranges = [...ranges, range];
      countRanges();
      if (cursor !== null) cursors.set(from, cursor);
      return commit(null);
    },
    read(wanted, cursor) {
      const from = cursor !== null && cursor.journal === journal && cursor.epoch === epoch ? cursor.lsn : 0;
      const rest = [...rows.values()].filter((row) => row.lsn > from).sort((a, b) => a.lsn - b.lsn);
      const batch = rest.slice(0, batchRecords);
      const versions = batch.flatMap((row) => row.versions.filter(({ head }) => !covers(wanted, head)));
      const end = batch[batch.length - 1]?.lsn ?? from;
      const claim = claimsEarly || rest.length <= batchRecords ? vector : null;
      const remaining = claim === null ? rest.length - batch.length : 0;
      return { versions, cursor: { journal, epoch, lsn: end }, claim, remaining };
    },
    get losses() {
      return losses;
    },
    lose(ids) {
      losses++;
      const lowered = new Map(vector);
      for (const id of ids) {
        // Whatever the lost heads superseded is not superseded any more, however old it is.
        for (const { head } of rows.get(id)?.versions ?? [])
          for (const dot of [head, ...head.past]) lowered.delete(dot.actor);
        rows.delete(id);
      }
      if ((lowered.get(actor()) ?? 0) < seq) renew();
      vector = lowered;
      ranges = [];
      cursors.clear();
      return { ...commit(null), lost: true };
    },
    brokenPromises() {
      const broken: string[] = [];
      for (const [key, { id, dot }] of log) {
        if (!covers(vector, dot)) continue;
        const heads: readonly Head[] = (rows.get(id)?.versions ?? []).map(({ head }) => head);
        if (!heads.some((head) => supersedes(head, dot))) broken.push(`${name} claims ${key} of ${id}`);
      }
      for (const [known, entry] of vector)
        if (!log.has(`${known}:${entry}`)) broken.push(`${name} claims ${known}:${entry}, which nobody wrote`);
      return broken;
    },
  };
}
