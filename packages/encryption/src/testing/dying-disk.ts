/** A process that dies at one of its writes: what it stored stays, and nothing that it still does reaches the disk. */
import type { AnyStorage } from './databases.ts';

/** Before anything of a write is stored, after all of it is, or when half of its rows are. */
export const CRASH_MODES = ['before', 'amid', 'after'] as const;
export type CrashMode = (typeof CRASH_MODES)[number];

export interface DyingDisk {
  readonly disk: AnyStorage;
  /** @param write from 1: the next one */
  dieAt(write: number, mode: CrashMode): void;
  readonly dead: boolean;
}

export function createDyingDisk(disk: AnyStorage): DyingDisk {
  let left = Number.POSITIVE_INFINITY;
  let mode: CrashMode = 'before';
  let dead = false;
  const alive = <Value>(value: Value): Value => {
    if (dead) throw new Error('the process is dead');
    return value;
  };
  const storage: AnyStorage = {
    name: disk.name,
    rxdbVersion: disk.rxdbVersion,
    async createStorageInstance(params) {
      const instance = await alive(disk).createStorageInstance(params);
      const write = instance.bulkWrite.bind(instance);
      instance.bulkWrite = async (rows, context) => {
        alive(undefined);
        left--;
        if (left > 0) return write(rows, context);
        dead = true;
        if (mode === 'after') await write(rows, context);
        if (mode === 'amid' && rows.length > 1) await write(rows.slice(0, rows.length >> 1), context);
        throw new Error('the process died');
      };
      for (const method of ['query', 'findDocumentsById', 'getAttachmentData'] as const) {
        const read = instance[method].bind(instance) as (...args: unknown[]) => Promise<unknown>;
        Object.assign(instance, { [method]: async (...args: unknown[]) => alive(await read(...args)) });
      }
      return instance;
    },
  };
  return {
    disk: storage,
    dieAt(write, how) {
      left = write;
      mode = how;
    },
    get dead() {
      return dead;
    },
  };
}
