/** Bundles a page of the benchmark as an application would be: minified, production, one file and what it loads later. */
import { join } from 'node:path';
import { build } from 'vite';

/** Relative path to text. */
export type Bundle = ReadonlyMap<string, string>;

const PAGES = { peer: 'peer/page.js', encryption: 'encryption/page.js' } as const;
export type PageName = keyof typeof PAGES;

/** Two of the systems expect Node's `process` and `global`, as simple-peer does. */
const NODE_GLOBALS = 'globalThis.global ??= globalThis; globalThis.process ??= { env: {}, nextTick: queueMicrotask };';

/** @param minify false: profiles can tell functions and modules */
export async function bundlePage(page: PageName, minify: boolean): Promise<Bundle> {
  const root = join(import.meta.dirname, '..', 'pages');
  const built = await build({
    root,
    logLevel: 'error',
    configFile: false,
    build: {
      write: false,
      modulePreload: false,
      target: 'es2022',
      minify,
      rolldownOptions: {
        input: join(root, PAGES[page]),
        output: { entryFileNames: 'page.js', chunkFileNames: '[name]-[hash].js' },
      },
    },
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((one) => ('output' in one ? one.output : []));
  const files = new Map<string, string>();
  for (const output of outputs) if (output.type === 'chunk') files.set(output.fileName, output.code);
  files.set(
    'index.html',
    `<!doctype html><script>${NODE_GLOBALS}</script><script type="module" src="page.js"></script>`,
  );
  return files;
}
