import { expect, it } from 'vitest';
import { createIssuedTurn } from './issued-turn.ts';

it('adds the latest credentials to what the application configured, until they end', () => {
  let now = 1_000;
  const issued = createIssuedTurn(() => now);
  const config = { iceServers: [{ urls: 'stun:stun.example.org' }], iceTransportPolicy: 'all' } as const;
  expect(issued.addTo(config)).toBe(config);
  issued.take({ urls: ['turn:a'], username: 'first', credential: 'x', seconds: 60 });
  issued.take({ urls: ['turn:a'], username: 'second', credential: 'y', seconds: 60 });
  const server = { urls: ['turn:a'], username: 'second', credential: 'y' };
  expect(issued.addTo(config)).toEqual({ ...config, iceServers: [...config.iceServers, server] });
  expect(issued.addTo({})).toEqual({ iceServers: [server] });
  now += 60_000;
  expect(issued.addTo(config)).toBe(config);
});
