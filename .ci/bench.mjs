/** `npm run bench -- [arguments]`: finds or installs the browser, then measures. See packages/bench/README.md. */
import { join } from 'node:path';
import { BrowserError, findBrowser } from './browsers.mjs';
import { execute } from './steps.mjs';

const program = join(import.meta.dirname, '../packages/bench/dist/main.js');
try {
  const env = { CHROMIUM_PATH: await findBrowser('chromium') };
  process.exitCode = await execute(process.execPath, ['--expose-gc', program, ...process.argv.slice(2)], { env });
} catch (error) {
  if (!(error instanceof BrowserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
