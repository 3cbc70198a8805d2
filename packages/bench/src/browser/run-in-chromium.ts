/** Bundles the page as an application would be, opens it in a headless Chromium and waits for what it posts. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'vite';
import type { PageResult, PageSettings } from './results.ts';

type Measured = Exclude<PageResult, { readonly failed: string }>;

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'chromium-headless-shell'];
/** Many times what it takes on two slow cores. */
const TIMEOUT_MS = 15 * 60_000;

export async function runInChromium(settings: PageSettings): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'rxdb-p2p-bench-'));
  try {
    const script = await bundle();
    const { url, result, server } = await serve(script, settings);
    const browser = launch(folder, url);
    const timeout = new AbortController();
    try {
      const measured = await Promise.race([result, ended(browser), after(TIMEOUT_MS, timeout.signal)]);
      if ('failed' in measured) throw new Error(`the page failed: ${measured.failed}`);
      return measured;
    } finally {
      timeout.abort();
      server.close();
      server.closeAllConnections();
      const closed = new Promise((resolve) => browser.once('exit', resolve));
      if (browser.exitCode === null && browser.kill()) await closed;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function bundle(): Promise<string> {
  const built = await build({
    root: import.meta.dirname,
    logLevel: 'error',
    configFile: false,
    build: {
      write: false,
      lib: { entry: join(import.meta.dirname, 'page.js'), formats: ['es'], fileName: 'page' },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const [bundled] = Array.isArray(built) ? built : [built];
  const chunks = bundled !== undefined && 'output' in bundled ? bundled.output : [];
  const [chunk, ...others] = chunks.filter(({ type }) => type === 'chunk');
  if (chunk?.type !== 'chunk' || others.length > 0) throw new Error('the page is not one script');
  return chunk.code;
}

async function serve(
  script: string,
  settings: PageSettings,
): Promise<{ url: string; result: Promise<PageResult>; server: Server }> {
  let settle: (result: PageResult) => void = () => undefined;
  const result = new Promise<PageResult>((resolve) => {
    settle = resolve;
  });
  const server = createServer((request, response) => {
    // Isolated pages have finer clocks.
    response.setHeader('cross-origin-opener-policy', 'same-origin');
    response.setHeader('cross-origin-embedder-policy', 'require-corp');
    if (request.method === 'POST') {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        response.end();
        settle(JSON.parse(Buffer.concat(parts).toString()) as PageResult);
      });
    } else if (request.url === '/page.js') {
      response.setHeader('content-type', 'text/javascript').end(script);
    } else {
      response
        .setHeader('content-type', 'text/html')
        .end('<!doctype html><script type="module" src="/page.js"></script>');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/#${encodeURIComponent(JSON.stringify(settings))}`, result, server };
}

function launch(profile: string, url: string): ChildProcess {
  const root = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = ['--headless=new', '--disable-gpu', '--no-first-run', `--user-data-dir=${profile}`, ...root, url];
  return spawn(chromiumPath(), args, { stdio: 'ignore' });
}

/** `CHROMIUM_PATH`, else one on the `PATH`. */
function chromiumPath(): string {
  const given = process.env['CHROMIUM_PATH'];
  if (given !== undefined && given !== '') return given;
  for (const name of NAMES) {
    try {
      return execFileSync('which', [name], { encoding: 'utf8' }).trim();
    } catch {
      // Not this one.
    }
  }
  throw new Error(`no Chromium: install one of ${NAMES.join(', ')}, or set CHROMIUM_PATH`);
}

async function ended(browser: ChildProcess): Promise<never> {
  return new Promise((_, reject) => {
    browser.once('error', reject);
    browser.once('exit', (code) => reject(new Error(`Chromium ended with ${code}`)));
  });
}

async function after(ms: number, signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`no result within ${ms} ms`)), ms);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
