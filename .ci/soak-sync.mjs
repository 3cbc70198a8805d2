/** `npm run soak:sync`: a first sync of 100,000 documents between two browsers, interrupted 10 times. Prints its figures. */
import { join } from 'node:path';
import { execute } from './steps.mjs';

const env = { SYNC_DOCUMENTS: '100000', SYNC_INTERRUPTIONS: '10' };
const specs = ['specs/interrupted-sync.spec.ts', ...process.argv.slice(2)];
process.exitCode = await execute(process.execPath, [join(import.meta.dirname, 'e2e.mjs'), ...specs], { env });
