/** What a client of socket.io sees of a real server. */
import { MAX_ROOM_SAMPLE, MAX_SIGNAL_LENGTH, parseJoinReply } from '@rxdb-p2p/protocol/signaling';
import { describe, expect, it } from 'vitest';
import { connectTo, join, record, settled, startServer } from './testing/server-fixture.ts';

const ROOM = 'app/room-1';

describe('a room', () => {
  it('introduces a newcomer, relays signals, and tells who has left', async () => {
    const server = await startServer();
    const [ann, bob, eve] = await Promise.all([connectTo(server), connectTo(server), connectTo(server)]);
    const toAnn = record(ann);
    const toBob = record(bob);
    const toEve = record(eve);

    expect(await join(ann, ROOM)).toEqual({ ok: true, self: ann.id, members: [], size: 1 });
    expect(await join(bob, ROOM)).toEqual({ ok: true, self: bob.id, members: [ann.id], size: 2 });
    expect(await join(bob, ROOM)).toEqual({ ok: true, self: bob.id, members: [ann.id], size: 2 });
    expect(await join(eve, 'app/room-2')).toMatchObject({ members: [], size: 1 });

    expect(await bob.emitWithAck('signal', { room: ROOM, to: ann.id ?? '', data: 'offer' })).toEqual({ ok: true });
    expect(await ann.emitWithAck('signal', { room: ROOM, to: bob.id ?? '', data: 'answer' })).toEqual({ ok: true });
    await settled(ann, bob, eve);
    expect(toAnn.signals).toEqual([{ room: ROOM, from: bob.id, data: 'offer' }]);
    expect(toBob.signals).toEqual([{ room: ROOM, from: ann.id, data: 'answer' }]);

    const bobsId = bob.id;
    expect(await bob.emitWithAck('leave', { room: ROOM })).toEqual({ ok: true });
    expect(await bob.emitWithAck('leave', { room: ROOM })).toEqual({ ok: true });
    await settled(ann);
    expect(toAnn.left).toEqual([{ room: ROOM, peer: bobsId }]);
    expect(await join(ann, ROOM)).toMatchObject({ members: [], size: 1 });
    expect(toEve).toEqual({ signals: [], left: [] });
  });

  it('tells of a client that just goes, in each room it was in', async () => {
    const server = await startServer();
    const [ann, bob] = await Promise.all([connectTo(server), connectTo(server)]);
    const told = record(ann);
    for (const room of ['r1', 'r2']) {
      await join(bob, room);
      await join(ann, room);
    }
    const peer = bob.id;
    bob.io.engine.close();
    await expect
      .poll(() => told.left)
      .toEqual([
        { room: 'r1', peer },
        { room: 'r2', peer },
      ]);
  });

  it('does not relay out of a room, into a room, or under the name of another', async () => {
    const server = await startServer();
    const [ann, bob, eve] = await Promise.all([connectTo(server), connectTo(server), connectTo(server)]);
    const told = record(ann);
    await join(ann, ROOM);
    await join(bob, ROOM);
    await join(eve, 'app/room-2');
    const to = ann.id ?? '';
    expect(await eve.emitWithAck('signal', { room: ROOM, to, data: 'x' })).toMatchObject({ code: 'NOT_IN_ROOM' });
    expect(await eve.emitWithAck('signal', { room: 'app/room-2', to, data: 'x' })).toMatchObject({
      code: 'PEER_NOT_IN_ROOM',
    });
    // The id of a socket is no room, and names no one outside of the rooms they share.
    expect(await join(eve, to)).toMatchObject({ members: [], size: 1 });
    expect(await eve.emitWithAck('signal', { room: to, to, data: 'x' })).toMatchObject({ code: 'PEER_NOT_IN_ROOM' });
    const spoofed = { room: ROOM, to, data: 'hello', from: bob.id, self: bob.id, id: bob.id };
    await join(eve, ROOM);
    expect(await eve.emitWithAck('signal', spoofed)).toEqual({ ok: true });
    await settled(ann);
    expect(told.signals).toEqual([{ room: ROOM, from: eve.id, data: 'hello' }]);
  });

  it('keeps rooms with names of the language apart', async () => {
    const server = await startServer();
    const [ann, bob] = await Promise.all([connectTo(server), connectTo(server)]);
    const names = ['__proto__', 'constructor', 'hasOwnProperty', 'toString', 'prototype'];
    for (const room of names) expect(await join(ann, room)).toMatchObject({ members: [], size: 1 });
    for (const room of names) expect(await join(bob, room)).toMatchObject({ members: [ann.id], size: 2 });
    expect(server.rooms).toBe(names.length);
    for (const room of names) await ann.emitWithAck('leave', { room });
    for (const room of names) expect(await join(bob, room)).toMatchObject({ members: [], size: 1 });
  });

  it('hands out a bounded sample, however many there are', async () => {
    const server = await startServer();
    const clients = await Promise.all(Array.from({ length: 60 }, () => connectTo(server)));
    const ids = new Set(clients.map((client) => client.id));
    for (const [index, client] of clients.entries()) {
      const reply = parseJoinReply(await client.emitWithAck('join', { room: ROOM }));
      if (reply?.ok !== true) throw new Error('refused');
      expect(reply.size).toBe(index + 1);
      expect(reply.members).toHaveLength(Math.min(index, MAX_ROOM_SAMPLE));
      expect(reply.members.every((member) => ids.has(member))).toBe(true);
    }
  });
});

describe('a message', () => {
  it('that is wrong is refused with a code, and the next one is served', async () => {
    const server = await startServer({ limits: { roomsPerSocket: 2 } });
    const client = await connectTo(server);
    const ask = (event: string, ...payload: unknown[]): Promise<{ code?: string }> =>
      (client as unknown as { emitWithAck(...args: unknown[]): Promise<{ code?: string }> }).emitWithAck(
        event,
        ...payload,
      );
    for (const payload of [[], [null], [1], ['room'], [[]], [Buffer.from('x')], [true]]) {
      expect(await ask('join', ...payload)).toMatchObject({ ok: false, code: expect.stringMatching(/^BAD_/) });
      expect(await ask('leave', ...payload)).toMatchObject({ ok: false, code: expect.stringMatching(/^BAD_/) });
      expect(await ask('signal', ...payload)).toMatchObject({ ok: false, code: expect.stringMatching(/^BAD_/) });
    }
    expect(await ask('join', { room: 'a b' })).toMatchObject({ code: 'BAD_ROOM' });
    expect(await ask('join', { room: 'x'.repeat(201) })).toMatchObject({ code: 'BAD_ROOM' });
    expect(await ask('join', { room: Buffer.from('x') })).toMatchObject({ code: 'BAD_ROOM' });
    expect(await ask('signal', { room: ROOM, to: 'x', data: 'x'.repeat(MAX_SIGNAL_LENGTH + 1) })).toMatchObject({
      code: 'SIGNAL_TOO_LARGE',
    });
    for (const event of ['toString', '__proto__', 'error', 'message']) {
      expect(await ask(event, { room: ROOM })).toMatchObject({ code: 'BAD_MESSAGE' });
    }
    await join(client, 'r1');
    await join(client, 'r2');
    expect(await ask('join', { room: 'r3' })).toMatchObject({ code: 'TOO_MANY_ROOMS' });
    expect(server.rooms).toBe(2);
  });

  it('needs no acknowledgement, and cannot bring something else in its place', async () => {
    const server = await startServer();
    const [ann, bob] = await Promise.all([connectTo(server), connectTo(server)]);
    await join(ann, ROOM);
    bob.emit('join', { room: ROOM }, 'not a function' as never);
    (bob as unknown as { emit(...args: unknown[]): void }).emit('signal', { room: ROOM, to: ann.id, data: 'x' });
    (bob as unknown as { emit(...args: unknown[]): void }).emit('join');
    await settled(bob);
    expect(await join(ann, ROOM)).toMatchObject({ members: [bob.id], size: 2 });
  });

  it('above 64 KiB ends its connection alone', async () => {
    const server = await startServer();
    const [ann, bob] = await Promise.all([connectTo(server), connectTo(server)]);
    const ended = new Promise((resolve) => bob.once('disconnect', resolve));
    bob.emit('signal', { room: ROOM, to: 'x', data: 'x'.repeat(70_000) }, () => undefined);
    await ended;
    await settled(ann);
  });
});
