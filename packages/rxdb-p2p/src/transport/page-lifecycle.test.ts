import { describe, expect, it } from 'vitest';
import { watchPage } from './page-lifecycle.ts';

describe('page lifecycle', () => {
  it('tells of a page that is left and comes back, until it is no longer watched', () => {
    const page = new EventTarget();
    const seen: string[] = [];
    const stop = watchPage({ onHide: () => seen.push('hide'), onWake: () => seen.push('wake') }, page);
    const show = (persisted: boolean): Event => Object.assign(new Event('pageshow'), { persisted });
    page.dispatchEvent(show(false));
    page.dispatchEvent(new Event('pagehide'));
    page.dispatchEvent(show(true));
    page.dispatchEvent(new Event('online'));
    stop();
    for (const name of ['pagehide', 'online']) page.dispatchEvent(new Event(name));
    expect(seen).toEqual(['hide', 'wake', 'wake']);
  });

  it('has nothing to watch in Node', () => {
    watchPage({ onHide: () => expect.unreachable(), onWake: () => expect.unreachable() })();
  });
});
