/** What all measurements in browsers share: browsers, signaling servers, and names that nobody has used before. */
import { randomBytes } from 'node:crypto';
import type { SystemName } from '../pages/peer/api.ts';
import { type Browsers, openBrowsers } from './browsers.ts';
import { startSignalingServers } from './signaling-servers.ts';

export interface Lab {
  readonly browsers: Browsers;
  readonly signaling: Readonly<Record<SystemName, string>>;
  /** For a database and a room. */
  nextName(): string;
  close(): Promise<void>;
}

/** @param minify default true, as an application would */
export async function openLab(minify = true): Promise<Lab> {
  const servers = await startSignalingServers();
  const browsers = await openBrowsers('peer', minify);
  return {
    browsers,
    signaling: servers.urls,
    nextName: () => `bench${randomBytes(6).toString('hex')}`,
    async close(): Promise<void> {
      await browsers.close();
      await servers.close();
    },
  };
}
