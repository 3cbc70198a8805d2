/** The service worker: the page starts without a network, and is replaced by a newer build only when a person wants it. */
import { BehaviorSubject, type Observable } from 'rxjs';
import { Workbox } from 'workbox-window';
import { allWritten, hasDrafts } from './writes.ts';

export interface Updates {
  /** Whether a newer build is there. */
  readonly waiting$: Observable<boolean>;
  /** Takes it, when everything typed is written. */
  take(): Promise<void>;
}

/** How often a page that stays open asks for a newer build, milliseconds: an hour. */
const ASK_MS = 60 * 60_000;

export function watchUpdates(): Updates {
  const waiting$ = new BehaviorSubject(false);
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return { waiting$, take: async () => undefined };
  const workbox = new Workbox('./sw.js');
  let asked = false;
  const reload = async (): Promise<void> => {
    await allWritten();
    location.reload();
  };
  workbox.addEventListener('waiting', () => waiting$.next(true));
  workbox.addEventListener('controlling', ({ isUpdate }) => {
    if (isUpdate !== true) return;
    if (asked) {
      reload().catch(reportError);
      return;
    }
    // Another tab has taken it. This one follows when nobody looks, or when its person says so.
    waiting$.next(true);
    document.addEventListener('visibilitychange', () => {
      if (document.hidden && !hasDrafts()) reload().catch(reportError);
    });
  });
  workbox.register().catch(reportError);
  setInterval(() => workbox.update().catch(ignoreNoNetwork), ASK_MS);
  return {
    waiting$,
    async take() {
      await allWritten();
      asked = true;
      const registration = await navigator.serviceWorker.getRegistration();
      if (registration?.waiting) workbox.messageSkipWaiting();
      else await reload();
    },
  };
}

/** It asks again in an hour. */
function ignoreNoNetwork(): void {
  return;
}
