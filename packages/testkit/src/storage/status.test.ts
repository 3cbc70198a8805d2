/** What a screen is built from, while a long first sync runs, is interrupted, and ends. */
import { createAssembler, decodeFrame, PULL_CREDIT_BYTES } from '@rxdb-p2p/protocol';
import { getRxStorageMemory } from 'rxdb/plugins/storage-memory';
import { createMemoryNetwork, NOT_IN_SYNC_REASONS, type PoolStatus, type SyncProgress } from 'rxdb-p2p';
import { DEFAULT_BATCH, SNAPSHOT_MS } from 'rxdb-p2p/testing';
import { firstValueFrom } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { closeDatabases, itemsOf, openItems, shown, statusWhere } from './devices.ts';

afterEach(closeDatabases);

const DOCUMENTS = 6_000;
const DOCUMENT_BYTES = 1_000;
const INTERRUPTIONS = 3;

/** A network that counts the bodies that each end sends. */
function countingNetwork() {
  const bodies = new Map<string, number>();
  const assemblers = new Map<string, ReturnType<typeof createAssembler>>();
  const network = createMemoryNetwork({
    delayMs: () => 5,
    tap(from, to, message) {
      const link = `${from} ${to}`;
      const assembler = assemblers.get(link) ?? createAssembler();
      assemblers.set(link, assembler);
      const bytes = assembler.push(message);
      const frame = bytes === undefined ? undefined : decodeFrame(bytes);
      if (frame?.type === 'entries' || frame?.type === 'push')
        bodies.set(from, (bodies.get(from) ?? 0) + frame.versions.length);
    },
  });
  return {
    network,
    bodies,
    /** A link that was cut has parts of frames in it that are never finished. */
    cut() {
      network.cut('a', 'b');
      assemblers.clear();
    },
  };
}

describe('the status', () => {
  it('tells how far a first sync is, and resumes from the cursor after every interruption', {
    timeout: 60_000,
  }, async () => {
    const { network, bodies, cut } = countingNetwork();
    const a = await openItems(getRxStorageMemory(), network, 'a');
    const b = await openItems(getRxStorageMemory(), network, 'b');
    await a.bulkInsert(itemsOf(DOCUMENTS, DOCUMENT_BYTES));
    const poolA = await a.syncP2P('family');
    const pool = await b.syncP2P('family');
    const startedAt = performance.now();
    const statuses: PoolStatus[] = [];
    const statusesOfA: PoolStatus[] = [];
    pool.status$.subscribe((status) => statuses.push(status));
    poolA.status$.subscribe((status) => statusesOfA.push(status));

    const doneAt: number[] = [];
    for (let i = 0; i < INTERRUPTIONS; i++) {
      const before = doneAt.at(-1) ?? 0;
      const { progress } = await statusWhere(pool, (status) => (status.progress?.documentsDone ?? 0) > before);
      doneAt.push(progress?.documentsDone ?? 0);
      cut();
      await statusWhere(pool, ({ phase }) => phase === 'alone');
      network.heal();
    }
    await pool.inSync();
    expect(await shown(b)).toEqual(await shown(a));
    // The other side's snapshot comes when it is due.
    await statusWhere(poolA, ({ peers }) => peers[0]?.documentsToSend === 0);

    // What was under way when it was cut is sent again, and no more: credit, and the batch that exceeds it.
    expect(bodies.get('b')).toBeUndefined();
    const underWay = (PULL_CREDIT_BYTES + DEFAULT_BATCH.bytes) / DOCUMENT_BYTES;
    expect(bodies.get('a')).toBeLessThanOrEqual(DOCUMENTS + INTERRUPTIONS * underWay);
    expect(new Set(doneAt).size).toBe(INTERRUPTIONS);

    const progress = statuses.flatMap((status): SyncProgress[] =>
      status.progress === undefined ? [] : [status.progress],
    );
    expect(progress.length).toBeGreaterThanOrEqual(INTERRUPTIONS);
    for (const [i, { documentsDone, documentsTotal, bytesDone, bytesTotal }] of progress.entries()) {
      expect(documentsDone).toBeGreaterThanOrEqual(progress[i - 1]?.documentsDone ?? 0);
      expect(documentsTotal).toBe(DOCUMENTS);
      expect(bytesTotal).toBeGreaterThanOrEqual(bytesDone);
    }
    // The first and the last of a pool come at once, beside those of its timer.
    expect(statuses.length).toBeLessThanOrEqual((performance.now() - startedAt) / SNAPSHOT_MS + 5);
    const receiving = statuses.filter(({ notInSync }) => notInSync === 'receiving');
    expect(receiving.length).toBeGreaterThan(0);
    const left = receiving.map(({ peers }) => peers[0]?.documentsToReceive ?? 0);
    expect(Math.min(...left)).toBeLessThan(DOCUMENTS / 2);
    const sending = statusesOfA.flatMap(({ peers }) => peers[0]?.documentsToSend ?? []);
    expect(Math.max(...sending)).toBeGreaterThan(DOCUMENTS / 2);
    expect(Math.max(...statusesOfA.flatMap(({ peers }) => peers[0]?.bytesToSend ?? []))).toBeGreaterThan(1_000_000);

    for (const status of [...statuses, ...statusesOfA]) {
      expect(structuredClone(status)).toEqual(status);
      expect(JSON.parse(JSON.stringify(status))).toEqual(status);
      if (status.phase === 'in-sync') expect(status.notInSync).toBeUndefined();
      else expect(NOT_IN_SYNC_REASONS).toContain(status.notInSync);
    }
    const final = await firstValueFrom(pool.status$);
    expect(final.peers[0]).toMatchObject({
      ...{ phase: 'in-sync', documentsToSend: 0, bytesToSend: 0, documentsToReceive: 0, bytesToReceive: 0 },
    });
    expect(Math.abs((final.peers[0]?.lastCompleteAt ?? 0) - Date.now())).toBeLessThan(60_000);
  });
});
