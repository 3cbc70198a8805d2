/** Loads what a transport is made of when the first one starts: importing this package runs none of it. */
import { P2PError } from '@rxdb-p2p/protocol';
import { loadPart } from '../../load-part.ts';

export type Libraries = typeof import('./parts.ts');

/** Never rejects; another call tries again what has failed. */
export async function loadLibraries(): Promise<Libraries | P2PError> {
  try {
    return await loadPart(() => import('./parts.ts'));
  } catch (error) {
    if (error instanceof P2PError) return error;
    throw error;
  }
}
