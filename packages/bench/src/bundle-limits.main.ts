/** Fails when the package has become larger than this for an application: part of `npm run check:packages`. */
import { ENTRIES, weigh } from './browser/bundle-weight.ts';

/** KB gzip, beyond rxdb and rxjs: what it is, and some room. */
const LIMITS_KB = { atStart: 18, inAll: 155, withoutCryptography: 135 } as const;

const weight = await weigh(ENTRIES['rxdb-p2p']);
for (const [what, limit] of Object.entries(LIMITS_KB)) {
  const kb = weight[what as keyof typeof LIMITS_KB] / 1_000;
  console.log(`rxdb-p2p ${what}: ${kb.toFixed(1)} KB, limit ${limit}`);
  if (kb > limit) process.exitCode = 1;
}
for (const { name, bytes } of weight.parts) console.log(`  later: ${name} ${(bytes / 1_000).toFixed(1)} KB`);
