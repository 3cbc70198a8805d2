/** Loads what a transport is made of when the first one starts: importing this package runs none of it. */
import { P2PError } from '@rxdb-p2p/protocol';
import { loadPart } from '../../load-part.ts';
import type { SealLibrary } from '../mesh/sealing.ts';

type Parts = typeof import('./parts.ts');

export interface Libraries extends Parts {
  /** seals what goes through the signaling server */
  readonly seals: SealLibrary;
}

/** Never rejects; another call tries again what has failed. */
export async function loadLibraries(): Promise<Libraries | P2PError> {
  try {
    const [parts, seals] = await Promise.all([
      loadPart(() => import('./parts.ts')),
      loadPart(() => import('@rxdb-p2p/protocol/secrecy')),
    ]);
    return { ...parts, seals };
  } catch (error) {
    if (error instanceof P2PError) return error;
    throw error;
  }
}
