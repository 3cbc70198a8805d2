/// <reference lib="webworker" />
/**
 * Keeps the files of one build, so that the page starts without a network. A newer build waits until a person takes it:
 * `update.ts` says so with `SKIP_WAITING`.
 */
import { cleanupOutdatedCaches, precacheAndRoute } from 'workbox-precaching';

declare const self: ServiceWorkerGlobalScope;
/** Set by the build. */
declare const PRECACHED_FILES: { readonly url: string; readonly revision: string | null }[];

precacheAndRoute(PRECACHED_FILES);
cleanupOutdatedCaches();

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('message', ({ data }) => {
  if (data?.type === 'SKIP_WAITING') self.skipWaiting().catch(reportError);
});
