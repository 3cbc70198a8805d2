/**
 * Thousands of broken packets at each layer, drawn from a seed that the test's name shows. `FUZZ_SEED` repeats a
 * run. Meanwhile two good clients signal each other.
 */
import { expect, it, onTestFinished } from 'vitest';
import { GOOD_ROOM } from './attack/broken-packets.ts';
import { fuzzFrames, fuzzPackets, fuzzRequests } from './attack/fuzz.ts';
import { createSeededRandom } from './attack/seeded-random.ts';
import { UNLIMITED } from './attack/unlimited.ts';
import type { SignalingServer } from './server.ts';
import { connectTo, join, startServer } from './testing/server-fixture.ts';

const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 2 ** 31);
/** `npm run attack:signaling` sends 100,000. */
const REQUESTS = 2_000;
const PACKETS = 2_000;
const FRAMES = 1_000;

/** Two clients that go on for as long as the fuzzing takes; `stop` fails when one of them was harmed. */
async function goodClients(server: SignalingServer): Promise<{ ids: readonly string[]; stop(): Promise<void> }> {
  const [ann, bob] = await Promise.all([connectTo(server), connectTo(server)]);
  await join(ann, GOOD_ROOM);
  await join(bob, GOOD_ROOM);
  const got: string[] = [];
  const strangers: string[] = [];
  bob.on('signal', ({ from, data }) => (from === ann.id ? got.push(data) : strangers.push(from)));
  const rejections: unknown[] = [];
  const onRejection = (reason: unknown): void => void rejections.push(reason);
  process.on('unhandledRejection', onRejection);
  onTestFinished(() => void process.off('unhandledRejection', onRejection));

  let running = true;
  const talking = (async () => {
    let sent = 0;
    for (; running; sent++) {
      const answer = await ann.emitWithAck('signal', { room: GOOD_ROOM, to: bob.id ?? '', data: String(sent) });
      expect(answer).toEqual({ ok: true });
      await new Promise((resolve) => setImmediate(resolve));
    }
    return sent;
  })();
  return {
    ids: [ann.id ?? '', bob.id ?? ''],
    async stop() {
      running = false;
      const sent = await talking;
      await bob.emitWithAck('leave', { room: 'nobody-is-here' });
      expect(sent).toBeGreaterThan(10);
      expect(got).toEqual(Array.from({ length: sent }, (_, index) => String(index)));
      expect(strangers).toEqual([]);
      expect(rejections).toEqual([]);
      // Nothing is left of the others.
      await expect.poll(() => server.connections).toBe(2);
      expect(server.rooms).toBe(1);
      expect(await join(ann, GOOD_ROOM)).toMatchObject({ members: [bob.id], size: 2 });
    },
  };
}

it(`answers ${REQUESTS} broken requests, each of them (FUZZ_SEED=${SEED})`, async () => {
  const server = await startServer({ limits: UNLIMITED });
  const good = await goodClients(server);
  await fuzzRequests(server.port, REQUESTS, createSeededRandom(SEED), good.ids.slice(1));
  await good.stop();
});

it(`survives ${PACKETS} broken packets of engine.io and socket.io (FUZZ_SEED=${SEED})`, async () => {
  const server = await startServer({ limits: UNLIMITED });
  const good = await goodClients(server);
  await fuzzPackets(server.port, PACKETS, createSeededRandom(SEED + 1));
  await good.stop();
});

it(`survives ${FRAMES} broken WebSocket frames (FUZZ_SEED=${SEED})`, async () => {
  const server = await startServer({ limits: UNLIMITED });
  const good = await goodClients(server);
  await fuzzFrames(server.port, FRAMES, createSeededRandom(SEED + 2));
  await good.stop();
});
