/** An opened copy: its database, its boards, its name. */

import { type OpenBoards, watchBoards } from '../boards/open-boards.ts';
import type { DeviceDatabase } from '../database.ts';
import { type Deployment, readDeployment } from '../deployment.ts';
import { randomHex } from '../random.ts';
import type { DeviceSettings } from '../schemas.ts';
import { guessDeviceName } from './device-name.ts';

/** Enough to keep a board's devices apart. */
const WRITER_BYTES = 8;

export interface Session {
  readonly db: DeviceDatabase;
  readonly boards: OpenBoards;
  readonly deployment: Deployment;
  readonly device: DeviceSettings;
  rename(name: string): Promise<void>;
}

export async function startSession(db: DeviceDatabase): Promise<Session> {
  performance.mark('unlocked');
  const deployment = readDeployment(import.meta.env, location.origin);
  const fresh: DeviceSettings = { id: 'device', writer: randomHex(WRITER_BYTES), name: guessDeviceName() };
  // Two tabs may be the first at once: the one that comes second takes what the other has stored.
  const settings = (await db.device.findOne('device').exec()) ?? (await db.device.insertIfNotExists(fresh));
  const boards = watchBoards(db, deployment, () => settings.getLatest().toJSON());
  return {
    db,
    boards,
    deployment,
    get device() {
      return settings.getLatest().toJSON();
    },
    async rename(name) {
      await settings.getLatest().incrementalPatch({ name });
      await boards.introduce();
    },
  };
}
