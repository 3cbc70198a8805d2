/** One pool over two processes of the signaling server, which share a Redis. Each of the three dies. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { noteDocuments } from '../fixtures/data.ts';
import { type NodeReplica, startNodeReplica } from '../fixtures/node-replica.ts';
import { createBalancer, createRedis, type SignalingProcess, startSignalingProcess } from '../fixtures/servers.ts';
import { expectSameDocuments } from '../fixtures/steps.ts';
import { expect, test } from '../fixtures/test.ts';

const TOPIC = 'over two processes';

test('a pool over two signaling processes lives on when one is killed, and when Redis is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rxdb-p2p-several-'));
  const redis = await createRedis();
  const balancer = await createBalancer();
  const processes: SignalingProcess[] = [];
  const replicas: NodeReplica[] = [];
  let documents = 0;

  const startProcess = async (): Promise<SignalingProcess> => {
    const started = await startSignalingProcess('--redis-url', redis.url);
    processes.push(started);
    await expect.poll(started.status).toBe('ok');
    return started;
  };
  const startReplica = (url = balancer.url): NodeReplica => {
    const replica = startNodeReplica(join(folder, String(replicas.length)), url, TOPIC);
    replicas.push(replica);
    return replica;
  };
  /** Each writes five, and all have all. */
  const expectConvergence = async (when: string): Promise<void> => {
    const startedAt = performance.now();
    await Promise.all(replicas.map((replica, index) => replica.call('insert', noteDocuments(`${when}-${index}-`, 5))));
    documents += 5 * replicas.length;
    const all = replicas.map(() => documents);
    await expect.poll(() => Promise.all(replicas.map((replica) => replica.call('count')))).toEqual(all);
    await Promise.all(replicas.map((replica) => replica.call('inSync')));
    const [first, ...others] = await Promise.all(replicas.map((replica) => replica.call('read')));
    for (const other of others) expectSameDocuments(other, first ?? []);
    const took = Math.round(performance.now() - startedAt);
    console.log(`${when}: ${replicas.length} replicas have the same ${documents} documents after ${took} ms`);
  };

  try {
    await redis.start();
    const [one, two] = [await startProcess(), await startProcess()];
    balancer.targets = [one.port, two.port];
    for (let count = 0; count < 4; count++) startReplica();
    await expectConvergence('at first');
    expect([await one.connections(), await two.connections()]).toEqual([2, 2]);

    await one.kill();
    await expectConvergence('one process killed');
    await expect.poll(two.connections).toBe(4);
    startReplica();
    await expectConvergence('a newcomer after it');

    // The sixth is alone on its process, and stays alone until Redis is back.
    const three = await startProcess();
    await redis.kill();
    await expect.poll(two.status).toBe('degraded');
    await expect.poll(three.status).toBe('degraded');
    await expectConvergence('Redis killed');
    const lonely = startReplica(three.url);
    startReplica(two.url);
    await lonely.call('insert', noteDocuments('lonely', 5));
    documents += 5;
    await expect.poll(three.connections).toBe(1);
    await expect.poll(() => replicas.at(-1)?.call('count')).toBe(documents - 5);
    expect(await lonely.call('count')).toBe(5);
    await redis.start();
    await expectConvergence('Redis back, empty');
    expect([await two.status(), await three.status()]).toEqual(['ok', 'ok']);
  } finally {
    for (const replica of replicas) replica.kill();
    for (const started of processes) await started.kill();
    await redis.kill();
    await balancer.close();
    await rm(folder, { recursive: true, force: true });
  }
});
