/** Links with peers that an application does not let in, on the real mesh and virtual time. */
import type { Link, Transport } from 'rxdb-p2p/testing';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../random.ts';
import { createVirtualTime } from '../virtual-time.ts';
import { createMeshNetwork } from './mesh-network.ts';

const SEEDS = [1, 2, 3, 4, 5];
const MAX_CONNECTIONS = 4;

function createWorld(seed: number) {
  const random = createRandom(seed);
  const time = createVirtualTime(random);
  const options = { minDelayMs: 5, maxDelayMs: 50, limits: { links: MAX_CONNECTIONS } };
  const network = createMeshNetwork(time, random, options);
  const transports: Transport[] = [];
  function open(name: string, onLink: (link: Link) => void = () => undefined): Transport {
    const watch = (link: Link): void => {
      link.onClose(() => undefined);
      onLink(link);
    };
    const transport = network.factory(name).create({ onLink: watch, onProblem: () => undefined });
    transport.join('room', new Uint8Array(32));
    transports.push(transport);
    return transport;
  }
  const close = async (): Promise<void> => {
    await time.answer(Promise.all(transports.map((transport) => transport.close())));
  };
  return { network, time, open, close, linksOf: (name: string) => network.links().get(name) ?? [] };
}

/** One in twenty would fail if such a link kept its place: mostly there is another one left. */
const MANY_SEEDS = Array.from({ length: 40 }, (_, index) => index + 1);

it.each(MANY_SEEDS)('one that is of no use keeps no place from one that may be, seed %i', async (seed) => {
  const { network, time, open, close, linksOf } = createWorld(seed);
  for (let index = 0; index < 4; index++) open(`stranger ${index}`);
  // Who is at the other end comes out when a link is there; it is the last of them then.
  open('device', (link) => link.spare?.(linksOf('device').at(-1)?.startsWith('stranger') === true));
  await time.run(60_000);
  expect(linksOf('device').length).toBeGreaterThan(1);
  for (let index = 0; index < 3; index++) open(`friend ${index}`);
  await time.run(60_000);
  expect(linksOf('device').filter((name) => name.startsWith('friend')).length).toBeGreaterThan(0);
  expect(network.mostLinks).toBeLessThanOrEqual(MAX_CONNECTIONS);
  await close();
});

describe.each([1, 8])('one that its owner has ended %i times', (count) => {
  it.each(SEEDS)('is made again at once when that one asks for it, seed %i', async (seed) => {
    const { time, open, close, linksOf } = createWorld(seed);
    const links: Link[] = [];
    const device = open('device', (link) => links.push(link));
    await time.run(5_000);
    // It dials, since it has come later; and waits longer each time.
    open('other');
    for (let times = 1; times <= count; times++) {
      for (let tenths = 0; links.length < times && tenths < 1_200; tenths++) await time.run(100);
      links.at(-1)?.close();
    }
    await time.run(100);
    expect(linksOf('device')).toEqual([]);
    device.redial?.();
    await time.run(500);
    expect(linksOf('device')).toEqual(['other']);
    await close();
  });
});
