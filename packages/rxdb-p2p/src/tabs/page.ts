/** The page that a tab is, as a port: whether somebody sees it, and when the browser puts it to sleep. */

/** `sleep`: no code may run from now on, until `wake`, if that ever comes. */
export type PageChange = 'visibility' | 'sleep' | 'wake';

export interface Page {
  readonly visible: boolean;
  /** Listeners run within the browser's event: after `sleep` nothing later does. @returns what ends it */
  watch(listener: (change: PageChange) => void): () => void;
}

/** In Node and in workers there is no page: always awake, and as good as visible. */
export function createPage(): Page {
  if (typeof document === 'undefined') return { visible: true, watch: () => () => undefined };
  return {
    get visible() {
      return document.visibilityState === 'visible';
    },
    watch(listener) {
      const events: readonly (readonly [EventTarget, string, PageChange])[] = [
        [document, 'visibilitychange', 'visibility'],
        // Frozen to save power; kept for the way back, or left for good.
        [document, 'freeze', 'sleep'],
        [globalThis, 'pagehide', 'sleep'],
        [document, 'resume', 'wake'],
        [globalThis, 'pageshow', 'wake'],
      ];
      const stops = events.map(([target, name, change]) => {
        const handler = (): void => listener(change);
        target.addEventListener(name, handler);
        return () => target.removeEventListener(name, handler);
      });
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
