import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTimers } from '../../pool/timers.ts';
import { createRoomSearch } from './room-search.ts';

describe('room search', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks again with growing delays, as long as a room wants more', () => {
    const asked: number[] = [];
    let wants = true;
    const search = createRoomSearch(
      { minMs: 1_000, maxMs: 4_000 },
      { ...createTimers(), random: () => 0.999_999 },
      () => wants,
      () => {
        asked.push(Math.round(performance.now() / 1_000));
        search.answered('room');
      },
    );
    search.answered('room');
    search.answered('room');
    vi.advanceTimersByTime(12_000);
    expect(asked).toEqual([1, 3, 7, 11]);
    wants = false;
    search.found('room');
    vi.advanceTimersByTime(60_000);
    expect(asked.length).toBe(4);
    wants = true;
    search.lost('room');
    vi.advanceTimersByTime(1_000);
    expect(asked.length).toBe(5);
    search.stopAll();
    vi.advanceTimersByTime(60_000);
    expect(asked.length).toBe(5);
  });
});
