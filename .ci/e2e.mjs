/** `npm run e2e -- [arguments of playwright test]`: finds or installs the browser, then runs the end-to-end tests. */
import { BrowserError, ensureNetworkTools, ensureServers, findBrowser } from './browsers.mjs';
import { execute } from './steps.mjs';

try {
  ensureNetworkTools();
  ensureServers();
  const env = { CHROMIUM_PATH: await findBrowser('chromium') };
  process.exitCode = await execute('npx', ['playwright', 'test', '-c', 'e2e', ...process.argv.slice(2)], { env });
} catch (error) {
  if (!(error instanceof BrowserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
