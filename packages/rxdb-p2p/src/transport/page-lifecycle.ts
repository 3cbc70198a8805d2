/** Events of the page that a transport lives in, where there is one. */
export interface PageEvents {
  /** The page is left. It may come back: browsers keep pages for the way back. */
  onHide(): void;
  /** The page has come back, or the network has. */
  onWake(): void;
}

/** @returns what ends the watch */
export function watchPage(events: PageEvents, page: EventTarget | undefined = currentPage()): () => void {
  const onHide = (): void => events.onHide();
  const onOnline = (): void => events.onWake();
  const onShow = (event: Event): void => {
    if ('persisted' in event && event.persisted === true) events.onWake();
  };
  page?.addEventListener('pagehide', onHide);
  page?.addEventListener('pageshow', onShow);
  page?.addEventListener('online', onOnline);
  return () => {
    page?.removeEventListener('pagehide', onHide);
    page?.removeEventListener('pageshow', onShow);
    page?.removeEventListener('online', onOnline);
  };
}

/** Neither in Node, nor in a worker, is there a page that could be left. */
function currentPage(): EventTarget | undefined {
  return 'onpagehide' in globalThis ? globalThis : undefined;
}
