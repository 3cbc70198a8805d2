import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build, type Plugin } from 'vite';

/** What Workbox keeps: files without a hash in their name need one of their content. */
interface PrecacheEntry {
  readonly url: string;
  readonly revision: string | null;
}

/** Makes `sw.js` of `src/sw.ts`, which keeps all files of this build. */
export function serviceWorker(root: string): Plugin {
  let folder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    async writeBundle() {
      const files = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile() && file.name !== 'sw.js')
        .map((file) => join(file.parentPath, file.name).slice(folder.length + 1))
        .sort();
      await build({
        root,
        configFile: false,
        logLevel: 'warn',
        publicDir: false,
        define: {
          PRECACHED_FILES: JSON.stringify(files.map((file) => entryOf(folder, file))),
          'process.env.NODE_ENV': '"production"',
        },
        build: {
          outDir: folder,
          emptyOutDir: false,
          target: 'es2023',
          rolldownOptions: { input: join(root, 'src', 'sw.ts'), output: { format: 'iife', entryFileNames: 'sw.js' } },
        },
      });
    },
  };
}

function entryOf(folder: string, file: string): PrecacheEntry {
  if (file.startsWith('assets/')) return { url: file, revision: null };
  return {
    url: file,
    revision: createHash('sha256')
      .update(readFileSync(join(folder, file)))
      .digest('hex')
      .slice(0, 16),
  };
}
