/** Chromium processes with profiles on disk, one for each peer; each measurement gets a page of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type CDPSession, chromium, type Page } from 'playwright-core';
import type { PageName } from './bundle.ts';
import { chromiumPath } from './chromium-path.ts';
import { openSite, type Site } from './site.ts';

/** Addresses as they are, loopback included: no multicast, and no need of a network. */
const WEBRTC_ARGS: readonly string[] = [
  '--disable-features=WebRtcHideLocalIpsWithMdns',
  '--allow-loopback-in-peer-connection',
  '--js-flags=--expose-gc',
];

export interface Browser {
  readonly version: string;
  /** A new page, loaded; the ones before are closed. */
  open(): Promise<Page>;
  /** Seconds of processor time of all its processes so far. */
  cpuSeconds(): Promise<number>;
  close(): Promise<void>;
}

export interface Browsers {
  /** By number; starts it if need be. */
  get(index: number): Promise<Browser>;
  close(): Promise<void>;
}

/** @param minify default true, as an application would */
export async function openBrowsers(page: PageName, minify = true): Promise<Browsers> {
  const site = await openSite(page, minify);
  const browsers: Promise<Browser>[] = [];
  return {
    async get(index: number): Promise<Browser> {
      browsers[index] ??= launch(site);
      return browsers[index];
    },
    async close(): Promise<void> {
      for (const browser of browsers) await (await browser)?.close();
      site.close();
    },
  };
}

async function launch(site: Site): Promise<Browser> {
  const profile = await mkdtemp(join(tmpdir(), 'rxdb-p2p-bench-'));
  const context: BrowserContext = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    args: [...WEBRTC_ARGS],
    // Chromium offers loopback addresses only to pages that may use the microphone.
    permissions: ['microphone'],
  });
  const devtools: CDPSession | undefined = await context.browser()?.newBrowserCDPSession();
  return {
    version: context.browser()?.version() ?? 'unknown',
    async open(): Promise<Page> {
      const before = context.pages();
      const page = await context.newPage();
      for (const old of before) await old.close();
      await page.goto(site.url);
      return page;
    },
    async cpuSeconds(): Promise<number> {
      const info = await devtools?.send('SystemInfo.getProcessInfo');
      return info?.processInfo.reduce((sum, { cpuTime }) => sum + cpuTime, 0) ?? Number.NaN;
    },
    async close(): Promise<void> {
      await context.close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
