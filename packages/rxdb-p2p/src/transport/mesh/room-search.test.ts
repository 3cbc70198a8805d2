import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRoomSearch } from './room-search.ts';

describe('room search', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('asks again with growing delays, as long as a room is lonely', () => {
    const asked: number[] = [];
    let lonely = true;
    const search = createRoomSearch(
      { minMs: 1_000, maxMs: 4_000 },
      () => 0.999_999,
      () => lonely,
      () => {
        asked.push(Math.round(performance.now() / 1_000));
        search.answered('room');
      },
    );
    search.answered('room');
    search.answered('room');
    vi.advanceTimersByTime(12_000);
    expect(asked).toEqual([1, 3, 7, 11]);
    lonely = false;
    search.found('room');
    vi.advanceTimersByTime(60_000);
    expect(asked.length).toBe(4);
    lonely = true;
    search.lost('room');
    vi.advanceTimersByTime(1_000);
    expect(asked.length).toBe(5);
    search.stopAll();
    vi.advanceTimersByTime(60_000);
    expect(asked.length).toBe(5);
  });
});
