/**
 * Who is in which room on any process: in Redis one sorted set for each room, of ids, by the time at which they end
 * unless they are renewed. A join costs O(log n) there and returns a sample, whatever the size of the room. The clock
 * is Redis's own, so those of the processes do not matter.
 */
import { MAX_ROOM_SAMPLE } from '@rxdb-p2p/protocol/signaling';
import type { RedisLink } from './redis-link.ts';

export interface RoomRegistry {
  /** Adds a member; undefined when Redis is gone. */
  join(room: string, peer: string): Promise<{ readonly others: readonly string[]; readonly size: number } | undefined>;
  leave(room: string, peers: readonly string[]): Promise<void>;
  /** Renews the members, and adds those that are missing. The size of the room, or undefined when Redis is gone. */
  renew(room: string, peers: readonly string[]): Promise<number | undefined>;
}

const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** ARGV: lease in milliseconds, length of the sample, id */
const JOIN = `${NOW}redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return { redis.call('ZCARD', KEYS[1]), redis.call('ZRANDMEMBER', KEYS[1], ARGV[2]) }`;

/** ARGV: lease in milliseconds, ids */
const RENEW = `${NOW}redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
for index = 2, #ARGV do redis.call('ZADD', KEYS[1], now + ARGV[1], ARGV[index]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return redis.call('ZCARD', KEYS[1])`;

const LEAVE = `return redis.call('ZREM', KEYS[1], unpack(ARGV))`;

export function createRoomRegistry(redis: RedisLink, prefix: string, leaseMs: number): RoomRegistry {
  const lease = String(leaseMs);
  const keyOf = (room: string): string => `${prefix}:room:${room}`;
  return {
    async join(room, peer) {
      const answer = await redis.run(JOIN, keyOf(room), [lease, String(MAX_ROOM_SAMPLE + 1), peer]);
      if (!Array.isArray(answer)) return undefined;
      const [size, drawn] = answer as [number, readonly string[]];
      const others = drawn.filter((member) => member !== peer).slice(0, MAX_ROOM_SAMPLE);
      return { others, size };
    },
    async leave(room, peers) {
      await redis.run(LEAVE, keyOf(room), peers);
    },
    async renew(room, peers) {
      const size = await redis.run(RENEW, keyOf(room), [lease, ...peers]);
      return typeof size === 'number' ? size : undefined;
    },
  };
}
