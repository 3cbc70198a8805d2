import { expect, it } from 'vitest';
import { createIssuedTurn } from './issued-turn.ts';

it('adds the latest credentials to what the application configured, until they end', () => {
  let now = 1_000;
  const issued = createIssuedTurn(() => now);
  const stun = { urls: 'stun:stun.example.org' };
  const config: RTCConfiguration = { iceServers: [stun], iceTransportPolicy: 'all' };
  expect(issued.addTo(config)).toBe(config);
  issued.take(0, { urls: ['turn:a'], username: 'first', credential: 'x', seconds: 60 });
  issued.take(0, { urls: ['turn:a'], username: 'second', credential: 'y', seconds: 60 });
  const server = { urls: ['turn:a'], username: 'second', credential: 'y' };
  expect(issued.addTo(config)).toEqual({ ...config, iceServers: [stun, server] });
  issued.take(1, { urls: ['turn:b'], username: 'other', credential: 'z', seconds: 30 });
  const both = [stun, server, { urls: ['turn:b'], username: 'other', credential: 'z' }];
  expect(issued.addTo(config)).toEqual({ ...config, iceServers: both });
  now += 30_000;
  expect(issued.addTo({})).toEqual({ iceServers: [server] });
  now += 30_000;
  expect(issued.addTo(config)).toBe(config);
});
