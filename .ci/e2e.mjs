/** `npm run e2e -- [arguments of playwright test]`: finds or installs the browser, then runs the end-to-end tests. */
import { BrowserError, ensureNetworkTools, ensureServers, findBrowser } from './browsers.mjs';
import { execute } from './steps.mjs';

const given = process.argv.slice(2);
try {
  ensureNetworkTools();
  ensureServers();
  const env = { CHROMIUM_PATH: await findBrowser('chromium'), FIREFOX_PATH: await findBrowser('firefox') };
  process.exitCode = await execute(
    'npx',
    ['playwright', 'test', ...(given.includes('-c') ? [] : ['-c', 'e2e']), ...given],
    { env },
  );
} catch (error) {
  if (!(error instanceof BrowserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
