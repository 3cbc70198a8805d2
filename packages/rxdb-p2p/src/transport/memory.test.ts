import { describeTransport, observePeer, pause, SIGNAL_KEY, until } from '@rxdb-p2p/testkit/transport';
import { describe, expect, it } from 'vitest';
import { createMemoryNetwork } from './memory.ts';

describeTransport('memory', () => {
  const network = createMemoryNetwork();
  return Promise.resolve({
    create: (events) => network.factory().create(events),
    close: () => Promise.resolve(),
  });
});

describeTransport('memory with delays that vary', () => {
  let turn = 0;
  const network = createMemoryNetwork({
    delayMs: () => {
      turn += 1;
      return (turn * 7) % 5;
    },
  });
  return Promise.resolve({
    create: (events) => network.factory().create(events),
    close: () => Promise.resolve(),
  });
});

describe('memory network', () => {
  const open = (network: ReturnType<typeof createMemoryNetwork>, name: string) => {
    const peer = observePeer((events) => network.factory(name).create(events));
    peer.transport.join('room', SIGNAL_KEY);
    return peer;
  };

  it('cuts pairs, loses what is under way, and heals', async () => {
    const network = createMemoryNetwork();
    const [a, b, c] = [open(network, 'a'), open(network, 'b'), open(network, 'c')];
    await until('all links', () => [a, b, c].every((peer) => peer.open().length === 2));
    expect(network.links).toBe(3);
    const ab = a.links.find(({ link }) => link.remoteId === 'b');
    ab?.link.send(Uint8Array.of(1));
    network.cut('b', 'a');
    expect(ab?.closings).toEqual(['network cut']);
    expect(network.links).toBe(2);
    open(network, 'b');
    await pause(20);
    expect(a.open().map(({ link }) => link.remoteId)).toEqual(['c']);
    expect(b.links.flatMap(({ messages }) => messages)).toEqual([]);
    network.heal();
    await until('the links of b and the second b', () => a.open().length === 3);
    expect(a.open().map(({ link }) => link.remoteId)).toEqual(['c', 'b', 'b#2']);
  });

  it('stalls a pair, and delivers later', async () => {
    const network = createMemoryNetwork();
    const [a, b] = [open(network, 'a'), open(network, 'b')];
    await until('a link', () => a.links.length + b.links.length === 2);
    network.stall('a', 'b');
    a.links[0]?.link.send(Uint8Array.of(1));
    a.links[0]?.link.send(Uint8Array.of(2));
    await pause(20);
    expect(b.links[0]?.messages).toEqual([]);
    expect(a.links[0]?.link.bufferedBytes).toBe(2);
    network.heal();
    expect(b.links[0]?.messages).toEqual([Uint8Array.of(1), Uint8Array.of(2)]);
  });

  it('counts and shows messages, and lets only those link who may', async () => {
    const seen: string[] = [];
    const network = createMemoryNetwork({
      mayLink: (a, b) => a === 'hub' || b === 'hub',
      tap: (from, to, message) => seen.push(`${from} ${to} ${message.length}`),
    });
    const [hub, a, b] = [open(network, 'hub'), open(network, 'a'), open(network, 'b')];
    await until('two links', () => hub.open().length === 2);
    a.links[0]?.link.send(new Uint8Array(5));
    hub.links[1]?.link.send(new Uint8Array(7));
    await until('the messages', () => b.links[0]?.messages.length === 1);
    expect(seen).toEqual(['a hub 5', 'hub b 7']);
    expect([network.messages, network.bytes, network.links]).toEqual([2, 12, 2]);
  });

  it('runs on the scheduler that it is given, and on nothing else', () => {
    const runs: (() => void)[] = [];
    const network = createMemoryNetwork({ schedule: (run) => runs.push(run) });
    const [a, b] = [open(network, 'a'), open(network, 'b')];
    while (runs.length > 0) runs.shift()?.();
    a.links[0]?.link.send(Uint8Array.of(1));
    expect(b.links[0]?.messages).toEqual([]);
    while (runs.length > 0) runs.shift()?.();
    expect(b.links[0]?.messages).toEqual([Uint8Array.of(1)]);
  });

  it('closes a link whose owner sends without looking at the buffer', async () => {
    const network = createMemoryNetwork();
    const [a, b] = [open(network, 'a'), open(network, 'b')];
    await until('a link', () => a.links.length + b.links.length === 2);
    const message = new Uint8Array(256 * 1024);
    for (let index = 0; index < 65; index += 1) a.links[0]?.link.send(message);
    expect(a.links[0]?.closings).toEqual(['send queue full']);
  });
});
