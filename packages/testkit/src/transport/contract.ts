/** What every transport promises (`rxdb-p2p`'s transport port), as a suite that each of them runs. */
import type { Link, Transport, TransportEvents } from 'rxdb-p2p/testing';
import { describe, expect, it, type TestContext } from 'vitest';
import { type ObservedPeer, observeLink, observePeer, pause, until } from './listener.ts';

/** A place where transports can find each other, empty for every test. */
export interface TransportWorld {
  /** A transport of one more peer. */
  create(events: TransportEvents): Transport;
  close(): Promise<void>;
}

/** Any will do: all of a room have the same. */
export const SIGNAL_KEY: Uint8Array = new Uint8Array(32).fill(5);

/** LINK_DRAINED_BYTES of the port. */
const DRAINED_BYTES = 256 * 1024;

export function describeTransport(name: string, createWorld: () => Promise<TransportWorld>): void {
  // At once: most of the time of each is waiting for a network.
  describe.concurrent(`transport contract: ${name}`, () => {
    interface OpenWorld {
      create(events: TransportEvents): Transport;
      peer(...rooms: string[]): ObservedPeer;
    }

    async function openWorld({ onTestFinished }: TestContext): Promise<OpenWorld> {
      const world = await createWorld();
      onTestFinished(() => world.close());
      function create(events: TransportEvents): Transport {
        const transport = world.create(events);
        onTestFinished(() => transport.close());
        return transport;
      }
      return {
        create,
        peer(...rooms) {
          const peer = observePeer(create);
          for (const room of rooms) peer.transport.join(room, SIGNAL_KEY);
          return peer;
        },
      };
    }

    async function openPair(context: TestContext): Promise<{ a: ObservedPeer; b: ObservedPeer; ab: Link; ba: Link }> {
      const world = await openWorld(context);
      const [a, b] = [world.peer('room'), world.peer('room')];
      await until('a link on both sides', () => a.links.length > 0 && b.links.length > 0);
      return { a, b, ab: linkOf(a), ba: linkOf(b) };
    }

    it('gives two members of a room one link, which one of them dialled', async (context) => {
      const { a, b, ab, ba } = await openPair(context);
      expect([ab.initiator, ba.initiator].sort()).toEqual([false, true]);
      expect(ab.remoteId).not.toBe(ba.remoteId);
      expect([ab.room, ba.room]).toEqual(['room', 'room']);
      expect(ab.fingerprints).toEqual({ own: ba.fingerprints.remote, remote: ba.fingerprints.own });
      expect([ab.fingerprints.own.length, ab.fingerprints.remote.length]).toEqual([32, 32]);
      expect(ab.fingerprints.own).not.toEqual(ab.fingerprints.remote);
      expect(ab.maxMessageBytes).toBeGreaterThanOrEqual(16 * 1024);
      await pause(50);
      expect([a.links.length, b.links.length]).toEqual([1, 1]);
      expect([...a.problems, ...b.problems].filter((problem) => problem !== undefined)).toEqual([]);
    });

    it('gives every two of several members that come at once one link', async (context) => {
      const world = await openWorld(context);
      const peers = [world.peer('room'), world.peer('room'), world.peer('room')];
      await until('two links each', () => peers.every((peer) => peer.open().length >= 2));
      await pause(50);
      for (const peer of peers) {
        expect(peer.open().length).toBe(2);
        expect(new Set(peer.open().map(({ link }) => link.remoteId)).size).toBe(2);
      }
    });

    it('keeps rooms apart', async (context) => {
      const world = await openWorld(context);
      const [a, b, c] = [world.peer('one'), world.peer('two'), world.peer('one')];
      await until('the link of room one', () => a.links.length === 1 && c.links.length === 1);
      await pause(50);
      expect(b.links).toEqual([]);
    });

    it('uses one link for all rooms of two peers, until the last is left', async (context) => {
      const world = await openWorld(context);
      const a = world.peer();
      const leave = [a.transport.join('one', SIGNAL_KEY), a.transport.join('two', SIGNAL_KEY)];
      const b = world.peer('one', 'two');
      await until('a link', () => a.links.length > 0 && b.links.length > 0);
      await pause(100);
      expect([a.links.length, b.links.length]).toEqual([1, 1]);
      leave[0]?.();
      leave[0]?.();
      await pause(100);
      expect([a.open().length, b.open().length]).toEqual([1, 1]);
      leave[1]?.();
      await until('its end on both sides', () => a.open().length + b.open().length === 0);
    });

    it('finds a peer again that left the room and came back', async (context) => {
      const world = await openWorld(context);
      const a = world.peer('room');
      const b = world.peer();
      const leave = b.transport.join('room', SIGNAL_KEY);
      await until('a link', () => a.links.length === 1 && b.links.length === 1);
      leave();
      await until('its end', () => a.open().length + b.open().length === 0);
      b.transport.join('room', SIGNAL_KEY);
      await until('another link', () => a.open().length === 1 && b.open().length === 1);
      expect([a.links.length, b.links.length]).toEqual([2, 2]);
    });

    it('delivers messages whole and in order, in both directions', async (context) => {
      const { a, b, ab, ba } = await openPair(context);
      const sizes = [1, 2, 100, 16 * 1024, 1, ab.maxMessageBytes, 3, ba.maxMessageBytes - 1, 7];
      for (const [index, size] of sizes.entries()) {
        ab.send(filled(Math.min(size, ab.maxMessageBytes), index));
        ba.send(filled(Math.min(size, ba.maxMessageBytes), index + 100));
      }
      await until('all messages', () => received(a).length === sizes.length && received(b).length === sizes.length);
      for (const [index, size] of sizes.entries()) {
        expect(same(received(b)[index], filled(Math.min(size, ab.maxMessageBytes), index))).toBe(true);
        expect(same(received(a)[index], filled(Math.min(size, ba.maxMessageBytes), index + 100))).toBe(true);
      }
      // A plain array: slices of Node's and of others' buffers are not copies.
      for (const message of received(a)) expect(Object.getPrototypeOf(message)).toBe(Uint8Array.prototype);
    });

    it('keeps messages that come before anybody listens, in order', async (context) => {
      const world = await openWorld(context);
      const found: Link[] = [];
      world.create({ onLink: (link) => found.push(link), onProblem: () => undefined }).join('room', SIGNAL_KEY);
      const b = world.peer('room');
      await until('a link', () => found.length === 1 && b.links.length === 1);
      for (let index = 0; index < 10; index += 1) linkOf(b).send(filled(10, index));
      await pause(100);
      const [link] = found;
      if (link === undefined) throw new Error('expected a link');
      const late = observeLink(link);
      await until('all messages', () => late.messages.length === 10);
      expect(late.messages.map((message) => message[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it('delivers what was sent before close, then tells each owner once', async (context) => {
      const { a, b, ab } = await openPair(context);
      // A transport gives up what it cannot send within a second or two.
      const count = 12;
      for (let index = 0; index < count; index += 1) ab.send(filled(ab.maxMessageBytes, index));
      ab.close();
      ab.close();
      ab.send(filled(1, 0));
      await until('the end on both sides', () => a.open().length + b.open().length === 0);
      expect(received(b).length).toBe(count);
      await pause(50);
      expect([a.links[0]?.closings.length, b.links[0]?.closings.length]).toEqual([1, 1]);
      let told: string | undefined;
      ab.onClose((reason) => {
        told = reason;
      });
      expect(told).toEqual(expect.any(String));
      expect(ab.bufferedBytes).toBe(0);
    });

    it('closes a link on which a message is too large to send', async (context) => {
      const { a, b, ab } = await openPair(context);
      ab.send(new Uint8Array(ab.maxMessageBytes + 1));
      await until('the end on both sides', () => a.open().length + b.open().length === 0);
      expect(received(b)).toEqual([]);
    });

    it('tells how much waits, and when that has drained', async (context) => {
      const { b, ab } = await openPair(context);
      const drained: number[] = [];
      ab.onDrain(() => drained.push(ab.bufferedBytes));
      const count = Math.ceil((12 * 1024 * 1024) / ab.maxMessageBytes);
      let most = 0;
      for (let index = 0; index < count; index += 1) {
        ab.send(filled(ab.maxMessageBytes, index));
        most = Math.max(most, ab.bufferedBytes);
      }
      expect(most).toBeGreaterThan(DRAINED_BYTES);
      await until('the drain', () => drained.length > 0);
      expect(Math.max(...drained)).toBeLessThanOrEqual(DRAINED_BYTES);
      await until('all messages', () => received(b).length === count);
      await until('an empty buffer', () => ab.bufferedBytes === 0);
    });

    it('closes all its links when it closes, within two seconds, and is quiet afterwards', async (context) => {
      const world = await openWorld(context);
      const [a, b, c] = [world.peer('room'), world.peer('room'), world.peer('room')];
      await until('all links', () => [a, b, c].every((peer) => peer.open().length === 2));
      const begun = performance.now();
      await Promise.all([a.transport.close(), a.transport.close()]);
      expect(performance.now() - begun).toBeLessThan(2_000);
      await until('the ends', () => a.open().length === 0 && b.open().length === 1 && c.open().length === 1);
      a.transport.join('room', SIGNAL_KEY);
      await pause(100);
      expect(a.links.length).toBe(2);
    });
  });
}

function linkOf(peer: ObservedPeer): Link {
  const link = peer.links[0]?.link;
  if (link === undefined) throw new Error('expected a link');
  return link;
}

function received(peer: ObservedPeer): readonly Uint8Array[] {
  return peer.links[0]?.messages ?? [];
}

function filled(size: number, value: number): Uint8Array {
  return new Uint8Array(size).fill(value);
}

/** `toEqual` takes a second for half a megabyte. */
function same(got: Uint8Array | undefined, expected: Uint8Array): boolean {
  return got !== undefined && Buffer.compare(got, expected) === 0;
}
