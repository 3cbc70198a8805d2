import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTimers } from '../../pool/timers.ts';
import { createRenewal, type Renewal } from './renewal.ts';

describe('renewal', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function observe(rooms: readonly string[]): { readonly renewal: Renewal; readonly asked: number[] } {
    const asked: number[] = [];
    const renewal = createRenewal({
      delays: { minMs: 1_000, maxMs: 4_000 },
      timers: { ...createTimers(), random: () => 0.999_999 },
      rooms: () => rooms,
      ask: () => asked.push(Math.round(performance.now() / 1_000)),
    });
    return { renewal, asked };
  }

  it('is due with growing delays, and from anew after a disturbance', () => {
    const { renewal, asked } = observe(['room']);
    expect(renewal.isDue('room')).toBe(false);
    vi.advanceTimersByTime(12_000);
    expect(asked).toEqual([1, 3, 7, 11]);
    expect([renewal.isDue('room'), renewal.isDue('room')]).toEqual([true, false]);
    renewal.disturbed();
    vi.advanceTimersByTime(3_500);
    expect(asked.slice(4)).toEqual([13, 15]);
    renewal.stop();
  });

  it('asks for nothing where there is nobody else', () => {
    const { renewal, asked } = observe([]);
    vi.advanceTimersByTime(60_000);
    expect(asked).toEqual([]);
    renewal.stop();
  });

  it('leaves no timer behind, whatever happens after its end', () => {
    const { renewal } = observe(['room']);
    renewal.stop();
    renewal.disturbed();
    expect(vi.getTimerCount()).toBe(0);
  });
});
