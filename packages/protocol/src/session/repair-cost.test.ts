/** What a repair costs on the wire. */
import { describe, expect, it } from 'vitest';
import { createRandom, THOROUGH } from '../testing/random.ts';
import { createSimNetwork } from '../testing/sim-network.ts';

/** What a repair costs for each document is the same for a fifth of them. */
const DOCUMENTS = THOROUGH ? 100_000 : 20_000;
const BODY = `{"text":"${'x'.repeat(1_000)}"}`;

/** Bytes that both sides together may send for each document, differing bodies left out. */
const MAX_BYTES_PER_DOCUMENT = 60;

describe(`a repair of 10 differences among ${DOCUMENTS} documents with ids of 20 bytes`, () => {
  it(`[REPAIR-2] costs at most ${MAX_BYTES_PER_DOCUMENT} bytes for each document, both directions together`, () => {
    const random = createRandom(1);
    const network = createSimNetwork(random, {
      ...{ replicas: 2, maxDelayMs: 20, maxStorageMs: 1, encoded: true, alarms: true },
    });
    const ids = Array.from({ length: DOCUMENTS }, (_, i) => `${random.int(1_000_000_000)}-${i}`.padEnd(20, 'x'));
    const [a, b] = network.nodes;
    a?.commit((replica) => replica.write(ids, () => BODY));
    network.settle();
    b?.commit((replica) => {
      const versions = [...(a?.replica.heads.values() ?? [])].flat();
      const { vector } = a?.replica ?? replica;
      const given = { versions, claim: vector, cursor: null, range: null, bytes: 0 };
      return replica.apply({ type: 'apply', neighbour: 'a', want: null, ...given }, 'a');
    });
    network.settle();
    network.connect(0, 1);
    network.settle();
    const before = { ...network.sent };
    const lost = ids.filter((_, i) => i % (DOCUMENTS / 5) === 77);
    const forged = ids.filter((_, i) => i % (DOCUMENTS / 5) === 1_077);
    a?.commit((replica) => replica.damage(lost, () => undefined));
    b?.commit((replica) => replica.damage(forged, () => BODY.replace('x', 'y')));
    network.settle();

    expect([lost.length + forged.length, a?.replica.heads.size, b?.replica.heads.size]).toEqual([
      10,
      DOCUMENTS,
      DOCUMENTS,
    ]);
    expect(a?.replica.fingerprint.sum).toStrictEqual(b?.replica.fingerprint.sum);
    const versions = network.sent.versions - before.versions;
    const bytes = network.sent.bytes - before.bytes;
    // Both heads of each fork go to whoever has one of them; what both have goes once more.
    expect(versions).toBeLessThanOrEqual(30);
    const perDocument = (bytes - versions * (BODY.length + 40)) / DOCUMENTS;
    process.stdout.write(
      `repair of 10 differences among ${DOCUMENTS} documents: ${perDocument.toFixed(2)} bytes for each document, ` +
        `${versions} bodies, ${network.sent.frames - before.frames} frames\n`,
    );
    expect(perDocument).toBeLessThanOrEqual(MAX_BYTES_PER_DOCUMENT);
  }, 60_000);
});
