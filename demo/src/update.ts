/** The service worker: the page starts without a network, and is replaced by a newer build only when a person wants it. */
import { BehaviorSubject, type Observable } from 'rxjs';
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
  const { serviceWorker: workers } = navigator;
  let isFirst = workers.controller === null;
  let asked = false;
  const reload = async (): Promise<void> => {
    await allWritten();
    location.reload();
  };
  const watch = async (): Promise<ServiceWorkerRegistration> => {
    const registration = await workers.register('./sw.js');
    const look = (): void => {
      if (registration.waiting !== null && workers.controller !== null) waiting$.next(true);
    };
    registration.addEventListener('updatefound', () => registration.installing?.addEventListener('statechange', look));
    look();
    setInterval(() => registration.update().catch(ignoreNoNetwork), ASK_MS);
    return registration;
  };
  workers.addEventListener('controllerchange', () => {
    if (isFirst) {
      isFirst = false;
    } else if (asked) {
      reload().catch(reportError);
    } else {
      // Another tab has taken it. This one follows when nobody looks, or when its person says so.
      waiting$.next(true);
      document.addEventListener('visibilitychange', () => {
        if (document.hidden && !hasDrafts()) reload().catch(reportError);
      });
    }
  });
  const registered = watch();
  registered.catch(reportError);
  return {
    waiting$,
    async take() {
      await allWritten();
      asked = true;
      const { waiting } = await registered;
      if (waiting === null) await reload();
      else waiting.postMessage({ type: 'SKIP_WAITING' });
    },
  };
}

/** It asks again in an hour. */
function ignoreNoNetwork(): void {
  return;
}
