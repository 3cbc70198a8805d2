/** Events of the page that a transport lives in, where there is one. */
export interface PageEvents {
  /** The page is left; it may come back from the browser's cache. */
  onHide(): void;
  /** The page has come back, or the network has. */
  onWake(): void;
}

/** @returns stops watching */
export function watchPage(events: PageEvents): () => void {
  const page: Partial<EventTarget> = globalThis;
  // Neither in Node, nor in a worker, is there a page that could be left.
  if (!('onpagehide' in globalThis) || page.addEventListener === undefined) return () => undefined;
  const onShow = (event: Event): void => {
    if ((event as PageTransitionEvent).persisted) events.onWake();
  };
  const onHide = (): void => events.onHide();
  const onOnline = (): void => events.onWake();
  globalThis.addEventListener('pagehide', onHide);
  globalThis.addEventListener('pageshow', onShow);
  globalThis.addEventListener('online', onOnline);
  return () => {
    globalThis.removeEventListener('pagehide', onHide);
    globalThis.removeEventListener('pageshow', onShow);
    globalThis.removeEventListener('online', onOnline);
  };
}
