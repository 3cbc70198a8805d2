/** A small share of `npm run bench:signaling`: what does not depend on the machine. */
import { expect, it } from 'vitest';
import { measureLoad } from './load.ts';

it('costs as many bytes to join a room of any size, and nothing to those who are there', {
  timeout: 60_000,
}, async () => {
  const plan = { sockets: 240, roomSizes: [20, 120], signals: 200, signalsPerSecond: 500 };
  const { joined, rooms, bytesToAllPerJoin, relayed } = await measureLoad('rxdb-p2p', plan);
  expect(joined).toBe(240);
  expect(rooms.map(({ size }) => size)).toEqual([20, 120, 240]);
  const bytes = rooms.map(({ bytesOfLastJoin }) => bytesOfLastJoin);
  // Numbers of members have another digit or two.
  expect(Math.max(...bytes) - Math.min(...bytes)).toBeLessThan(10);
  expect(bytesToAllPerJoin).toBeLessThan(Math.max(...bytes) + 10);
  expect(relayed).toBeGreaterThan(190);
});
