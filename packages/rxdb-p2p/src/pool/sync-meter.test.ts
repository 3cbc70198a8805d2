import { describe, expect, it } from 'vitest';
import { createSyncMeter, type SyncMeter } from './sync-meter.ts';

const BYTES = 1_000;

function meterAt(): { meter: SyncMeter; pass(ms: number): void } {
  let time = 5_000;
  return {
    meter: createSyncMeter(() => time),
    pass(ms) {
      time += ms;
    },
  };
}

describe('the progress of a catch-up', () => {
  it('counts what is stored, and tells how long the rest will take', () => {
    const { meter, pass } = meterAt();
    expect(meter.progress()).toBeUndefined();
    meter.came('a', 100, 900);
    expect(meter.progress()).toEqual({
      ...{ documentsDone: 0, documentsTotal: 1_000, bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0 },
    });
    for (let batch = 1; batch <= 5; batch++) {
      pass(200);
      meter.stored('a', 100, 100 * BYTES, false);
      meter.came('a', 100, 900 - batch * 100);
    }
    expect(meter.progress()).toEqual({
      ...{ documentsDone: 500, documentsTotal: 1_000, bytesDone: 500 * BYTES, bytesTotal: 1_000 * BYTES },
      ...{ bytesPerSecond: 500 * BYTES, secondsLeft: 1 },
    });
    expect(meter.toStore('a')).toBe(500);
    expect(meter.bytesOf(10)).toBe(10 * BYTES);
  });

  it('follows a link that has become slower, and says nothing too early', () => {
    const { meter, pass } = meterAt();
    meter.came('a', 100, 10_000);
    pass(100);
    meter.stored('a', 100, 100 * BYTES, false);
    expect(meter.progress()?.secondsLeft).toBeUndefined();
    for (let i = 0; i < 200; i++) {
      meter.came('a', 10, 9_000);
      pass(1_000);
      meter.stored('a', 10, 10 * BYTES, false);
    }
    expect(meter.progress()?.bytesPerSecond).toBeGreaterThan(8 * BYTES);
    expect(meter.progress()?.bytesPerSecond).toBeLessThan(12 * BYTES);
    expect(meter.progress()?.secondsLeft).toBeGreaterThan(700);
  });

  it('goes on counting after an interruption, and begins anew after its end', () => {
    const { meter, pass } = meterAt();
    meter.came('a', 100, 900);
    pass(1_000);
    meter.stored('a', 100, 100 * BYTES, false);
    meter.left('a');
    expect(meter.progress()).toBeUndefined();
    meter.came('b', 100, 800);
    expect(meter.progress()).toMatchObject({ documentsDone: 100, documentsTotal: 1_000 });
    meter.stored('b', 100, 100 * BYTES, true);
    expect(meter.progress()).toBeUndefined();
    meter.came('b', 1, 0);
    expect(meter.progress()).toMatchObject({ documentsDone: 0, documentsTotal: 1 });
  });

  it('takes nobody into account but whom we catch up from', () => {
    const { meter } = meterAt();
    meter.came('a', 10, 90);
    meter.stored('b', 10, BYTES, true);
    expect(meter.progress()).toMatchObject({ documentsDone: 0, documentsTotal: 100 });
    expect(meter.toStore('b')).toBeUndefined();
  });
});

describe('what a neighbour was not sent yet', () => {
  it('is what is left of its scan, until it is gone', () => {
    const { meter } = meterAt();
    expect(meter.serving('a')).toBeUndefined();
    meter.served('a', [], 900, null);
    expect(meter.serving('a')).toEqual({ remaining: 900, claim: null });
    meter.left('a');
    expect(meter.serving('a')).toBeUndefined();
  });
});
