import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { Plugin } from 'vite';

/** Emits `sw.js`, which keeps the files of this build, so that the page opens without a network. */
export function offlineShell(): Plugin {
  let publicFiles: string[] = [];
  return {
    name: 'offline-shell',
    apply: 'build',
    configResolved(config) {
      publicFiles = readdirSync(config.publicDir);
    },
    generateBundle(_options, bundle) {
      const files = ['./', ...publicFiles, ...Object.keys(bundle).filter((name) => name.startsWith('assets/'))].sort();
      // Names of assets carry their content's hash, so their list names the build.
      const build = createHash('sha256').update(files.join('\n')).digest('hex').slice(0, 12);
      this.emitFile({ type: 'asset', fileName: 'sw.js', source: serviceWorker(`lists-${build}`, files) });
    },
  };
}

/** The page itself comes from the network while there is one, so that a new build is seen at the next visit. */
function serviceWorker(cache: string, files: readonly string[]): string {
  return `const CACHE = ${JSON.stringify(cache)};
const FILES = ${JSON.stringify(files)};

addEventListener('install', (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(FILES)).then(() => skipWaiting()));
});

addEventListener('activate', (event) => {
  const drop = (names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(drop).then(() => clients.claim()));
});

addEventListener('fetch', (event) => {
  const { request } = event;
  if (request.method !== 'GET' || new URL(request.url).origin !== location.origin) return;
  if (request.mode === 'navigate') {
    event.respondWith(fetch(request).catch(() => caches.match('./', { ignoreVary: true }).then((page) => page ?? Response.error())));
  } else {
    // Servers may say that files vary by origin; ours are the same for all.
    event.respondWith(caches.match(request, { ignoreVary: true }).then((kept) => kept ?? fetch(request)));
  }
});
`;
}
