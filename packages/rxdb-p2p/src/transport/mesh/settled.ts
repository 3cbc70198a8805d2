/** The end of a transport's connections. */
import type { Timers } from '../../pool/timers.ts';
import { CLOSE_GRACE_MS } from '../link-limits.ts';

/** Connections end by themselves within CLOSE_GRACE_MS; what an implementation does after that is not waited for. */
export async function settled(ends: readonly Promise<void>[], timers: Timers): Promise<void> {
  let stopTimer = (): void => undefined;
  const tooLong = new Promise<void>((resolve) => {
    stopTimer = timers.after(CLOSE_GRACE_MS * 1.5, resolve);
  });
  await Promise.race([Promise.all(ends), tooLong]);
  stopTimer();
}
