import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTimers } from '../pool/timers.ts';
import { watchPage } from './page-lifecycle.ts';

const nowhere = { page: undefined, document: undefined, network: undefined };

describe('page lifecycle', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function observe(sources: Parameters<typeof watchPage>[2]): { readonly seen: string[]; readonly stop: () => void } {
    const seen: string[] = [];
    const events = { onHide: () => seen.push('hide'), onWake: () => seen.push('wake') };
    return { seen, stop: watchPage(events, createTimers(), sources) };
  }

  it('tells of a page that is left and comes back, and of a network that changes, until it is no longer watched', () => {
    const page = new EventTarget();
    const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
    const network = new EventTarget();
    const { seen, stop } = observe({ page, document, network });
    const told = (target: EventTarget, event: Event): string[] => {
      target.dispatchEvent(event);
      vi.advanceTimersByTime(1_000);
      return seen.splice(0);
    };
    const show = (persisted: boolean): Event => Object.assign(new Event('pageshow'), { persisted });
    expect(told(page, show(false))).toEqual([]);
    expect(told(page, new Event('pagehide'))).toEqual(['hide']);
    expect(told(page, show(true))).toEqual(['wake']);
    expect(told(page, new Event('online'))).toEqual(['wake']);
    expect(told(network, new Event('change'))).toEqual(['wake']);
    expect(told(document, new Event('resume'))).toEqual(['wake']);
    expect(told(document, new Event('visibilitychange'))).toEqual([]);
    document.visibilityState = 'visible';
    expect(told(document, new Event('visibilitychange'))).toEqual(['wake']);
    network.dispatchEvent(new Event('change'));
    expect(told(page, new Event('online'))).toEqual(['wake']);
    page.dispatchEvent(new Event('online'));
    stop();
    expect(told(page, new Event('pagehide'))).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('notices by the clock that the device has slept, in Node too', () => {
    const { seen, stop } = observe(nowhere);
    vi.advanceTimersByTime(60_000);
    expect(seen).toEqual([]);
    // Timers come late after a sleep, all of them.
    const asleep = vi.spyOn(performance, 'now').mockReturnValue(performance.now() + 60_000);
    vi.advanceTimersByTime(3_000);
    expect(seen).toEqual(['wake']);
    asleep.mockRestore();
    stop();
  });
});
