import { MAX_ROOM_SAMPLE } from '@rxdb-p2p/protocol/signaling';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSeededRandom } from './attack/seeded-random.ts';
import { MAX_NOTICES_PER_MEMBER } from './limits.ts';
import { createRooms, type RoomQuota } from './rooms.ts';

const UNLIMITED: RoomQuota = { enterRoom: () => true, exitRoom: () => undefined };

function rooms(roomsPerSocket = 8) {
  const registry = createRooms({ roomsPerSocket, random: createSeededRandom(7).next });
  const join = (id: string, room: string, quota = UNLIMITED) => {
    const entered = registry.enter(id, room, quota);
    return entered.ok ? { ok: true as const, self: id, ...registry.draw(id, room) } : entered;
  };
  const { leave, leaveAll, connect, clear } = registry;
  return {
    get size() {
      return registry.size;
    },
    ...{ join, leave, leaveAll, connect, clear },
  };
}

function members(reply: ReturnType<ReturnType<typeof rooms>['join']>): readonly string[] {
  if (!reply.ok) throw new Error(reply.code);
  return reply.members;
}

describe('joining and leaving', () => {
  it('is idempotent', () => {
    const registry = rooms();
    expect(registry.join('a', 'r')).toEqual({ ok: true, self: 'a', members: [], size: 1 });
    expect(registry.join('b', 'r')).toEqual({ ok: true, self: 'b', members: ['a'], size: 2 });
    expect(registry.join('b', 'r')).toEqual({ ok: true, self: 'b', members: ['a'], size: 2 });
    expect(registry.join('a', 'r')).toEqual({ ok: true, self: 'a', members: ['b'], size: 2 });
    registry.leave('b', 'r');
    expect(registry.leave('b', 'r')).toEqual({ room: 'r', audience: [] });
    expect(registry.join('a', 'r')).toEqual({ ok: true, self: 'a', members: [], size: 1 });
  });

  it('keeps nothing of rooms and sockets that are gone', () => {
    const registry = rooms();
    for (const room of ['__proto__', 'constructor', 'r']) {
      registry.join('a', room);
      registry.join('__proto__', room);
    }
    expect(registry.size).toBe(3);
    registry.leaveAll('a');
    expect(registry.size).toBe(3);
    registry.leaveAll('__proto__');
    expect(registry.size).toBe(0);
    expect(registry.leaveAll('a')).toEqual([]);
  });

  it('gives back to the quota what it took, once each, whatever is repeated', () => {
    const registry = rooms();
    let entered = 0;
    const quota: RoomQuota = {
      enterRoom: () => entered < 3 && ++entered > 0,
      exitRoom: () => void entered--,
    };
    for (const room of ['r', 'r', 's']) registry.join('a', room, quota);
    registry.join('b', 'r', quota);
    expect(registry.join('b', 's', quota)).toMatchObject({ ok: false, code: 'TOO_MANY_ROOMS' });
    expect(entered).toBe(3);
    registry.leave('a', 'r');
    registry.leave('a', 'r');
    expect(entered).toBe(2);
    expect(registry.join('b', 's', quota)).toMatchObject({ ok: true, size: 2 });
    registry.leaveAll('a');
    registry.leaveAll('b');
    registry.leaveAll('b');
    expect(entered).toBe(0);
    expect(registry.size).toBe(0);
  });

  it('bounds the rooms of a socket, and takes one that it is in already', () => {
    const registry = rooms(2);
    registry.join('a', 'r1');
    registry.join('a', 'r2');
    expect(registry.join('a', 'r3')).toMatchObject({ ok: false, code: 'TOO_MANY_ROOMS' });
    expect(registry.size).toBe(2);
    expect(registry.join('a', 'r2').ok).toBe(true);
    registry.leave('a', 'r1');
    expect(registry.join('a', 'r3').ok).toBe(true);
  });
});

describe('who is told that a peer has left', () => {
  it('is whoever was given it as a member, and whoever it signaled', () => {
    const registry = rooms();
    registry.join('a', 'r');
    registry.join('b', 'r'); // is told of a
    registry.join('c', 'r'); // is told of a and b
    expect(registry.leave('c', 'r').audience).toEqual([]);
    registry.join('c', 'r');
    registry.connect('c', 'b', 'r');
    expect([...registry.leave('b', 'r').audience]).toEqual(['c']);
    registry.connect('c', 'a', 'r');
    expect(registry.leave('c', 'r').audience).toEqual(['a']);
    expect(registry.leave('a', 'r').audience).toEqual([]);
  });

  it('is bounded, whoever asks how often', () => {
    const registry = rooms();
    registry.join('star', 'r');
    for (let peer = 0; peer < 300; peer++) {
      registry.join(`p${peer}`, 'r');
      registry.connect(`p${peer}`, 'star', 'r');
    }
    for (let again = 0; again < 300; again++) registry.join('star', 'r');
    const { audience } = registry.leave('star', 'r');
    expect(audience).toHaveLength(MAX_NOTICES_PER_MEMBER);
    expect(audience).toContain('p299');
  });
});

describe('a signal', () => {
  it('needs both ends in the same room', () => {
    const registry = rooms();
    registry.join('a', 'r');
    registry.join('b', 's');
    registry.join('c', 'r');
    expect(registry.connect('a', 'c', 'r')).toEqual({ ok: true });
    expect(registry.connect('a', 'b', 'r')).toMatchObject({ code: 'PEER_NOT_IN_ROOM' });
    expect(registry.connect('a', 'b', 's')).toMatchObject({ code: 'NOT_IN_ROOM' });
    expect(registry.connect('a', 'b', 'nowhere')).toMatchObject({ code: 'NOT_IN_ROOM' });
    expect(registry.connect('a', 'nobody', 'r')).toMatchObject({ code: 'PEER_NOT_IN_ROOM' });
    expect(registry.connect('a', 'a', 'r')).toMatchObject({ code: 'BAD_MESSAGE' });
  });
});

describe('any schedule', () => {
  const peers = ['a', 'b', 'c', 'd', 'e', 'f'] as const;
  const names = ['r', 's', '__proto__'] as const;
  const step = fc.record({
    action: fc.constantFrom('join', 'join', 'leave', 'leaveAll', 'connect'),
    peer: fc.constantFrom(...peers),
    other: fc.constantFrom(...peers),
    room: fc.constantFrom(...names),
  });

  it('agrees with a model that is slow and obvious', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const registry = rooms();
        const present = new Map<string, Set<string>>(names.map((name) => [name, new Set()]));
        // `listener > subject` in a room
        const told = new Set<string>();
        const leave = (peer: string, room: string): string[] => {
          const audience = present.get(room)?.delete(peer)
            ? peers.filter((listener) => told.has(`${room}:${listener}>${peer}`))
            : [];
          for (const other of peers) {
            told.delete(`${room}:${other}>${peer}`);
            told.delete(`${room}:${peer}>${other}`);
          }
          return audience;
        };
        for (const { action, peer, other, room } of steps) {
          const inRoom = present.get(room) ?? new Set();
          if (action === 'join') {
            const drawn = members(registry.join(peer, room));
            inRoom.add(peer);
            expect(new Set(drawn)).toEqual(new Set([...inRoom].filter((id) => id !== peer)));
            for (const id of drawn) told.add(`${room}:${peer}>${id}`);
          } else if (action === 'leave') {
            expect([...registry.leave(peer, room).audience].sort()).toEqual(leave(peer, room));
          } else if (action === 'leaveAll') {
            for (const departure of registry.leaveAll(peer)) {
              expect([...departure.audience].sort()).toEqual(leave(peer, departure.room));
            }
            expect([...present.values()].some((ids) => ids.has(peer))).toBe(false);
          } else {
            const allowed = inRoom.has(peer) && inRoom.has(other) && peer !== other;
            expect(registry.connect(peer, other, room).ok).toBe(allowed);
            if (allowed) told.add(`${room}:${peer}>${other}`).add(`${room}:${other}>${peer}`);
          }
        }
        expect(registry.size).toBe([...present.values()].filter((ids) => ids.size > 0).length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a big room', () => {
  it('gives everyone a bounded sample without itself, and every member its turn', () => {
    const registry = rooms();
    const size = 5_000;
    const drawn = new Set<string>();
    for (let peer = 0; peer < size; peer++) {
      const sample = members(registry.join(`p${peer}`, 'r'));
      expect(sample).toHaveLength(Math.min(peer, MAX_ROOM_SAMPLE));
      expect(sample).not.toContain(`p${peer}`);
      for (const id of sample) drawn.add(id);
    }
    expect(registry.join('p0', 'r')).toMatchObject({ ok: true, size });
    // A member is missed by all who come later with probability (position / size)^16: one in 17 on average.
    expect(drawn.size).toBeGreaterThan(size * 0.92);
    for (let peer = 0; peer < size; peer++) registry.leaveAll(`p${peer}`);
    expect(registry.size).toBe(0);
  });
});
