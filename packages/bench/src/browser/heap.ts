/** What a page's JavaScript holds, and its peak while something runs. */
import type { CDPSession, Page } from 'playwright-core';

interface HeapUsage {
  readonly usedSize: number;
  readonly embedderHeapUsedSize?: number;
  readonly backingStorageSize?: number;
}

export interface PeakWatch {
  /** Highest growth seen since it began, garbage included, bytes. */
  stop(): Promise<number>;
}

/** Chromium answers between two tasks of the page, so that a look every so often is as good as it gets. */
const LOOK_MS = 200;

/** Objects that are still needed, bytes: garbage is collected first. */
export async function heldBytes(page: Page): Promise<number> {
  const devtools = await page.context().newCDPSession(page);
  try {
    return await collected(devtools);
  } finally {
    await devtools.detach();
  }
}

export async function watchPeak(page: Page): Promise<PeakWatch> {
  const devtools = await page.context().newCDPSession(page);
  const before = await collected(devtools);
  let peak = before;
  let stopped = false;
  const look = async (): Promise<void> => {
    while (!stopped) {
      peak = Math.max(peak, await usedBytes(devtools));
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    await devtools.detach();
  };
  // A page that is gone has nothing to tell: the measurement says why.
  const looking = look().catch(() => undefined);
  return {
    async stop(): Promise<number> {
      stopped = true;
      await looking;
      return peak - before;
    },
  };
}

async function collected(devtools: CDPSession): Promise<number> {
  await devtools.send('HeapProfiler.collectGarbage');
  return await usedBytes(devtools);
}

/** Objects of JavaScript and of the browser for it, and what array buffers hold. */
async function usedBytes(devtools: CDPSession): Promise<number> {
  const usage: HeapUsage = await devtools.send('Runtime.getHeapUsage');
  return usage.usedSize + (usage.embedderHeapUsedSize ?? 0) + (usage.backingStorageSize ?? 0);
}
