import { expect, it } from 'vitest';
import { createRandom } from '../simulator/random.ts';
import { fuzzHandshakes } from './handshake-fuzz.ts';

/** `npm run attack:handshake` makes 10,000. */
const COUNT = 300;

it('[LINK-1] [LINK-3] whatever is said in a handshake, nobody is taken for proved who is not, and nothing crashes', {
  timeout: 60_000,
}, () => {
  const report = fuzzHandshakes(createRandom(7), COUNT);
  expect(report).toMatchObject({ count: COUNT, proven: 0, opened: 0 });
  for (const code of ['HANDSHAKE_UNREADABLE', 'PROTOCOL_ERROR', 'HANDSHAKE_REFLECTED'])
    expect(report.codes.get(code)).toBeGreaterThan(0);
});
