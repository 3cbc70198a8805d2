/**
 * The connection to Redis: one for commands, one for the channel of this process. At the first sign of trouble both are
 * dropped and made anew, so there is one way back, from whatever has happened.
 */

import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { MAX_REDIS_WAITING_BYTES, REDIS_PROBE_MS, REDIS_RETRY_MS, REDIS_TIMEOUT_MS } from '../limits.ts';
import { randomFraction } from '../random.ts';

type RedisModule = typeof import('@redis/client');
type RedisClient = ReturnType<RedisModule['createClient']>;

export interface RedisLink {
  /** Whether Redis answers. */
  readonly up: boolean;
  /**
   * Runs a script on one key, or resolves with undefined: Redis is gone, or does not answer in time. Scripts that are
   * started one after the other run in this order.
   */
  run(script: string, key: string, args: readonly string[]): Promise<unknown>;
  /** How many listen to the channel: 0 is nobody, or that Redis is gone. */
  publish(channel: string, text: string): Promise<number>;
  close(): Promise<void>;
}

export interface RedisLinkOptions {
  /** `redis://`, `rediss://` or `unix://` */
  readonly url: string;
  /** What is published there is told to `onMessage`. */
  readonly channel: string;
}

export interface RedisLinkEvents {
  onMessage(text: string): void;
  /** It answers, for the first time or again. */
  onUp(): void;
  /** It answers no more, or does not at the start; once until it is up. */
  onDown(problem: Error): void;
}

/** @throws P2PError REDIS_NOT_INSTALLED */
export async function loadRedis(): Promise<RedisModule> {
  try {
    return await import('@redis/client');
  } catch (cause) {
    throw new P2PError('REDIS_NOT_INSTALLED', 'the package @redis/client is needed to use Redis', {
      hint: 'npm install @redis/client',
      cause,
    });
  }
}

export function openRedisLink({ url, channel }: RedisLinkOptions, events: RedisLinkEvents): RedisLink {
  let commands: RedisClient | undefined;
  let drop: ((problem: Error) => void) | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let waitingBytes = 0;
  let told = false;
  let closed = false;

  async function connect(): Promise<void> {
    const clients: RedisClient[] = [];
    let dropped = false;
    const dropThis = (problem: Error): void => {
      if (dropped) return;
      dropped = true;
      clearTimeout(timer);
      for (const client of clients) if (client.isOpen) client.destroy();
      commands = undefined;
      drop = undefined;
      if (closed) return;
      timer = setTimeout(() => void connect(), REDIS_RETRY_MS * (0.5 + randomFraction()));
      if (!told) events.onDown(redisProblem(problem));
      told = true;
    };
    drop = dropThis;
    try {
      const { createClient } = await loadRedis();
      if (dropped) return;
      const open = async (): Promise<RedisClient> => {
        const socket = { connectTimeout: REDIS_TIMEOUT_MS, reconnectStrategy: false } as const;
        const client: RedisClient = createClient({ url, socket, disableOfflineQueue: true });
        clients.push(client);
        client.on('error', dropThis);
        await inTime(client.connect());
        return client;
      };
      const [talking, listening] = await Promise.all([open(), open()]);
      await inTime(listening.subscribe(channel, events.onMessage));
      if (dropped) return;
      commands = talking;
      probe([talking, listening], dropThis);
    } catch (cause) {
      return dropThis(asError(cause));
    }
    told = false;
    events.onUp();
  }

  /** A link that is cut without a word, or a Redis that hangs, tells nobody. */
  function probe(clients: readonly RedisClient[], dropThis: (problem: Error) => void): void {
    timer = setTimeout(() => {
      inTime(Promise.all(clients.map((client) => client.ping()))).then(() => {
        if (commands === clients[0]) probe(clients, dropThis);
      }, dropThis);
    }, REDIS_PROBE_MS);
  }

  /** Undefined when it fails. An error that Redis answers counts as well: it is no use then, such as when its memory is full. */
  async function ask<T>(bytes: number, send: (client: RedisClient) => Promise<T>): Promise<T | undefined> {
    const client = commands;
    const dropThis = drop;
    if (client === undefined || waitingBytes + bytes > MAX_REDIS_WAITING_BYTES) return undefined;
    waitingBytes += bytes;
    try {
      return await inTime(send(client));
    } catch (cause) {
      if (client === commands) dropThis?.(asError(cause));
      return undefined;
    } finally {
      waitingBytes -= bytes;
    }
  }

  void connect();
  return {
    get up() {
      return commands !== undefined;
    },
    run(script, key, args) {
      const bytes = args.reduce((sum, arg) => sum + arg.length, key.length);
      return ask(bytes, (client) => client.eval(script, { keys: [key], arguments: [...args] }));
    },
    async publish(to, text) {
      return (await ask(text.length, (client) => client.publish(to, text))) ?? 0;
    },
    async close() {
      if (closed) return;
      // What was sent before is done before this is answered.
      await ask(0, (client) => client.ping());
      closed = true;
      clearTimeout(timer);
      drop?.(new Error('closed'));
    },
  };
}

/** Rejects after REDIS_TIMEOUT_MS, unless the answer was here and this process too busy to look. */
async function inTime<T>(answer: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      setImmediate(() => setImmediate(() => reject(new Error(`no answer within ${REDIS_TIMEOUT_MS} ms`))));
    }, REDIS_TIMEOUT_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}

function redisProblem(cause: Error): P2PError {
  if (cause instanceof P2PError) return cause;
  return new P2PError('REDIS_UNAVAILABLE', 'Redis does not answer: rooms are those of this process alone', {
    got: cause.message,
    hint: 'it is tried again until it answers',
    cause,
  });
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}
