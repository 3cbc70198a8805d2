/** `npm run soak:tabs`: twenty rounds of tabs that take over from each other, with stops of a minute. Takes half an hour. */
import { join } from 'node:path';
import { execute } from './steps.mjs';

const env = { TABS_ROUNDS: '20', TABS_STOP_SECONDS: '60', ...process.env };
const command = [join(import.meta.dirname, 'e2e.mjs'), 'specs/tabs-takeover.spec.ts'];
process.exitCode = await execute(process.execPath, command, { env });
