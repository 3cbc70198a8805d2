import { expect, it } from 'vitest';
import { createIssuedTurn } from './issued-turn.ts';

it('adds the latest credentials to what the application configured, until they end', () => {
  let now = 1_000;
  const issued = createIssuedTurn(() => now);
  const stun = { urls: 'stun:stun.example.org' };
  const config: RTCConfiguration = { iceServers: [stun], iceTransportPolicy: 'all' };
  expect(issued.addTo(config)).toBe(config);
  issued.take({ urls: ['turn:a'], username: 'first', credential: 'x', seconds: 60 });
  issued.take({ urls: ['turn:a'], username: 'second', credential: 'y', seconds: 60 });
  const server = { urls: ['turn:a'], username: 'second', credential: 'y' };
  expect(issued.addTo(config)).toEqual({ ...config, iceServers: [stun, server] });
  expect(issued.addTo({})).toEqual({ iceServers: [server] });
  now += 60_000;
  expect(issued.addTo(config)).toBe(config);
});
