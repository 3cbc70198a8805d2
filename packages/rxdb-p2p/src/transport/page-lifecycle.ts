/** When a transport has to look after its connections: events of the page and of the network, and sleep of the device. */
import type { Timers } from '../pool/timers.ts';

export interface PageEvents {
  /** The page is left. It may come back: browsers keep pages for the way back. */
  onHide(): void;
  /** The page is seen again, the network has changed or come back, or the device has slept. */
  onWake(): void;
}

/** Where events come from; what is not there tells nothing. */
export interface PageSources {
  /** the window */
  readonly page: EventTarget | undefined;
  readonly document: (EventTarget & { readonly visibilityState: string }) | undefined;
  /** `navigator.connection`, where browsers have it */
  readonly network: EventTarget | undefined;
}

/** How often we look at the clock, milliseconds, and how late a timer comes only if this device has slept. */
const CLOCK_MS = 2_000;
const SLEPT_MS = 5_000;
/** A change of the network comes as several events: one look at the connections does for all, milliseconds. */
const TOGETHER_MS = 200;

/** @returns what ends the watch */
export function watchPage(events: PageEvents, timers: Timers, sources: PageSources = currentSources()): () => void {
  const { page, document, network } = sources;
  const stops: (() => void)[] = [];
  let stopTogether: (() => void) | undefined;
  let stopClock = (): void => undefined;

  function listen(target: EventTarget | undefined, type: string, listener: (event: Event) => void): void {
    target?.addEventListener(type, listener);
    stops.push(() => target?.removeEventListener(type, listener));
  }

  function wake(): void {
    stopTogether ??= timers.after(TOGETHER_MS, () => {
      stopTogether = undefined;
      events.onWake();
    });
  }

  function watchClock(): void {
    const began = timers.now();
    stopClock = timers.after(CLOCK_MS, () => {
      if (timers.now() - began >= CLOCK_MS + SLEPT_MS) wake();
      watchClock();
    });
  }

  listen(page, 'pagehide', () => events.onHide());
  listen(page, 'pageshow', (event) => {
    if ('persisted' in event && event.persisted === true) wake();
  });
  listen(page, 'online', wake);
  listen(network, 'change', wake);
  listen(document, 'resume', wake);
  listen(document, 'visibilitychange', () => {
    if (document?.visibilityState === 'visible') wake();
  });
  watchClock();
  return () => {
    stopTogether?.();
    stopClock();
    for (const stop of stops) stop();
  };
}

/** Neither in Node, nor in a worker, is there a page that could be left. */
function currentSources(): PageSources {
  const { document, navigator } = globalThis as Partial<typeof globalThis>;
  const connection = (navigator as { readonly connection?: unknown } | undefined)?.connection;
  return {
    page: 'onpagehide' in globalThis ? globalThis : undefined,
    document,
    network: connection instanceof EventTarget ? connection : undefined,
  };
}
