import { describe, expect, it } from 'vitest';
import { DEFAULT_DRAIN_MS, DEFAULT_HEARTBEAT, DEFAULT_LIMITS } from './limits.ts';
import { SILENT } from './observer.ts';
import { checkOptions } from './options.ts';

describe('options', () => {
  it('fall back to the defaults one by one, and are left as they are', () => {
    const options = { limits: { roomsPerSocket: 3 }, heartbeat: { timeoutMs: 5 } };
    expect(checkOptions(options)).toEqual({
      admit: expect.any(Function),
      origins: undefined,
      redis: undefined,
      issueTurn: undefined,
      onProblem: expect.any(Function),
      trustedProxies: 0,
      limits: { ...DEFAULT_LIMITS, roomsPerSocket: 3 },
      heartbeat: { ...DEFAULT_HEARTBEAT, timeoutMs: 5 },
      drainMs: DEFAULT_DRAIN_MS,
      observer: SILENT,
    });
    expect(options).toEqual({ limits: { roomsPerSocket: 3 }, heartbeat: { timeoutMs: 5 } });
  });

  it('take origins as browsers write them', () => {
    const origins = ['https://app.example.org', 'http://localhost:5173', 'capacitor://localhost', 'http://[::1]:80801'];
    expect(checkOptions({ origins: origins.slice(0, 3) }).origins).toEqual(new Set(origins.slice(0, 3)));
    for (const origin of [
      '*',
      'app.example.org',
      'https://app.example.org/',
      'https://a.org:443',
      '',
      origins[3] ?? '',
    ]) {
      expect(() => checkOptions({ origins: [origin] })).toThrow(/^BAD_OPTION: origins/);
    }
  });

  it.each([-1, 1.5, 11, Number.NaN])('refuse %d trusted proxies', (trustedProxies) => {
    expect(() => checkOptions({ trustedProxies })).toThrow(/BAD_OPTION: trustedProxies/);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuse the limit %d', (value) => {
    expect(() => checkOptions({ limits: { waitingBytes: value } })).toThrow(/BAD_OPTION: limits\.waitingBytes/);
    expect(() => checkOptions({ heartbeat: { intervalMs: value } })).toThrow(/BAD_OPTION: heartbeat\.intervalMs/);
  });
});
