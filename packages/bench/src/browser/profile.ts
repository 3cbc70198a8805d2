/** Where a page's processor time goes, by Chromium's sampling profiler: by function and by chunk. */
import type { CDPSession, Page } from 'playwright-core';

export interface Share {
  readonly name: string;
  readonly ms: number;
}

export interface Profile {
  readonly functions: readonly Share[];
  readonly modules: readonly Share[];
}

/** Microseconds between two samples. */
const INTERVAL_US = 250;

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

export async function startProfile(page: Page): Promise<{ stop(): Promise<Profile> }> {
  const devtools: CDPSession = await page.context().newCDPSession(page);
  await devtools.send('Profiler.enable');
  await devtools.send('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await devtools.send('Profiler.start');
  return {
    async stop(): Promise<Profile> {
      const { profile } = await devtools.send('Profiler.stop');
      await devtools.detach();
      const nodes = new Map((profile.nodes as ProfileNode[]).map((node) => [node.id, node]));
      const [functions, modules] = [new Map<string, number>(), new Map<string, number>()];
      profile.samples?.forEach((id, index) => {
        const ms = (profile.timeDeltas?.[index + 1] ?? 0) / 1_000;
        const node = nodes.get(id);
        if (node === undefined) return;
        const module = moduleOf(node);
        add(functions, `${node.callFrame.functionName || '(anonymous)'} · ${module}`, ms);
        add(modules, module, ms);
      });
      return { functions: sorted(functions), modules: sorted(modules) };
    },
  };
}

function add(sums: Map<string, number>, name: string, ms: number): void {
  sums.set(name, (sums.get(name) ?? 0) + ms);
}

function sorted(sums: ReadonlyMap<string, number>): Share[] {
  return Array.from(sums, ([name, ms]) => ({ name, ms })).sort((a, b) => b.ms - a.ms);
}

/** The chunk of the build: `page` has the application, RxDB and Dexie; the others are this package's, loaded later. */
function moduleOf({ callFrame: { url, functionName } }: ProfileNode): string {
  if (url === '') return functionName.startsWith('(') ? functionName : '(browser)';
  return new URL(url).pathname.slice(1).replace(/-[\w-]{8}\.js$|\.js$/, '');
}
