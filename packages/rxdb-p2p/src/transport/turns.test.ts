import { describe, expect, it, vi } from 'vitest';
import { createTurns } from './turns.ts';

describe('turns', () => {
  it('runs together what was asked for in one turn, and goes on after one that throws', async () => {
    const schedule = createTurns();
    const seen: string[] = [];
    const failed = new Promise((resolve) => process.once('uncaughtExceptionMonitor', resolve));
    const caught = vi.fn();
    const others = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.once('uncaughtException', caught);
    schedule(() => seen.push('first'), 0);
    schedule(() => {
      throw new Error('thrown by a test');
    }, 0);
    schedule(() => seen.push('third'), 0);
    schedule(() => seen.push('later'), 5);
    await failed;
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (const listener of others) process.on('uncaughtException', listener);
    expect(seen).toEqual(['first', 'third', 'later']);
    expect(caught).toHaveBeenCalledOnce();
  });
});
