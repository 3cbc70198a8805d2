/**
 * Finds the browsers of the end-to-end tests, and installs one where there is none. In this order: an environment
 * variable, the PATH, Playwright's own download, Debian's package. As a program: `node .ci/browsers.mjs chromium`.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @typedef {'chromium' | 'firefox'} BrowserName
 * @typedef {{ variable: string, commands: readonly string[], debian: string, playwright: boolean }} Recipe
 */

/** @type {Record<BrowserName, Recipe>} */
const RECIPES = {
  chromium: {
    variable: 'CHROMIUM_PATH',
    commands: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chromium-headless-shell'],
    debian: 'chromium',
    playwright: true,
  },
  firefox: {
    variable: 'FIREFOX_PATH',
    commands: ['firefox-esr', 'firefox'],
    debian: 'firefox-esr',
    // Playwright's Firefox is a patched one that takes another protocol than an installed Firefox does.
    playwright: false,
  },
};

/** A download that takes longer has not started, or will not end: a closed network often just swallows packets. */
const DOWNLOAD_TIMEOUT_MS = 5 * 60_000;
const APT_TIMEOUT_MS = 10 * 60_000;
/** A browser that does not print its version in this time will not start either. */
const VERSION_TIMEOUT_MS = 30_000;

/** An error with a code, for scripts. */
export class BrowserError extends Error {
  /** @param {string} code @param {string} message */
  constructor(code, message) {
    super(`${code}: ${message}`);
    this.code = code;
  }
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** @param {string} path @returns {string | undefined} the version, when the program really runs here */
function versionOf(path) {
  const result = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: VERSION_TIMEOUT_MS });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** @param {string} command */
function onPath(command) {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

/** @param {readonly string[]} commands */
function firstOnPath(commands) {
  for (const command of commands) {
    const path = onPath(command);
    if (path !== undefined && versionOf(path) !== undefined) return path;
  }
  return undefined;
}

/**
 * Runs an installer; of one that fails the last words are shown, its progress never.
 * @param {string} command @param {string[]} args @param {number} timeout @param {NodeJS.ProcessEnv} [env]
 */
function run(command, args, timeout, env = {}) {
  console.log(`browsers: ${[command, ...args].join(' ')}`);
  const result = spawnSync(command, args, { encoding: 'utf8', timeout, env: { ...process.env, ...env } });
  if (result.status === 0) return true;
  const words = `${result.stdout ?? ''}\n${result.stderr ?? ''}`
    .split('\n')
    .filter((line) => /error|fail|^E:/i.test(line));
  console.log(`browsers: that failed: ${result.error?.message ?? words.at(-1) ?? `exit code ${result.status}`}`);
  return false;
}

/** @returns {Promise<string | undefined>} */
async function downloadedByPlaywright() {
  const require = createRequire(new URL('../e2e/package.json', import.meta.url));
  const { chromium } = await import(pathToFileURL(require.resolve('@playwright/test')).href).then(
    (module) => module.default ?? module,
  );
  const path = chromium.executablePath();
  if (existsSync(path) && versionOf(path) !== undefined) return path;
  const cli = join(dirname(require.resolve('@playwright/test/package.json')), 'cli.js');
  const options = { PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' };
  if (!run(process.execPath, [cli, 'install', 'chromium'], DOWNLOAD_TIMEOUT_MS, options)) return undefined;
  return existsSync(path) && versionOf(path) !== undefined ? path : undefined;
}

/** @param {string} name of a Debian package */
function aptInstall(name) {
  if (onPath('apt-get') === undefined || process.getuid?.() !== 0) return;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  run('apt-get', ['update'], APT_TIMEOUT_MS, env);
  run('apt-get', ['install', '-y', '--no-install-recommends', name], APT_TIMEOUT_MS, env);
}

/** @param {Recipe} recipe */
function installedByApt(recipe) {
  aptInstall(recipe.debian);
  return firstOnPath(recipe.commands);
}

/** Tests run the real Redis and the real coturn; without them those fail, and say so. */
export function ensureServers() {
  if (onPath('redis-server') === undefined) aptInstall('redis-server');
  if (onPath('turnserver') === undefined) aptInstall('coturn');
}

/** The specs that give a browser a network of its own need iproute2's `ip`; without it they fail, and say so. */
export function ensureNetworkTools() {
  if (onPath('ip') === undefined) aptInstall('iproute2');
}

/**
 * @param {BrowserName} name
 * @returns {Promise<string>} the path of a browser that runs here
 */
export async function findBrowser(name) {
  const recipe = RECIPES[name];
  const given = process.env[recipe.variable];
  if (given !== undefined && given !== '') {
    const version = versionOf(given);
    if (version === undefined) {
      throw new BrowserError('BROWSER_UNUSABLE', `${recipe.variable}=${given} is not a browser that runs here`);
    }
    console.log(`browsers: ${name} is ${given} from ${recipe.variable} (${version})`);
    return given;
  }
  /** @type {[string, () => string | undefined | Promise<string | undefined>][]} */
  const sources = [
    ['the PATH', () => firstOnPath(recipe.commands)],
    ["Playwright's download", () => (recipe.playwright ? downloadedByPlaywright() : undefined)],
    ["Debian's package", () => installedByApt(recipe)],
  ];
  for (const [source, find] of sources) {
    const path = await find();
    if (path !== undefined) {
      console.log(`browsers: ${name} is ${path} from ${source} (${versionOf(path)})`);
      return path;
    }
    console.log(`browsers: no ${name} from ${source}`);
  }
  throw new BrowserError(
    'BROWSER_NOT_FOUND',
    `no ${name} found and none could be installed; install it, or set ${recipe.variable} to its program`,
  );
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const names = process.argv.slice(2);
  try {
    for (const name of names.length === 0 ? ['chromium'] : names) {
      if (!(name in RECIPES)) throw new BrowserError('BROWSER_UNKNOWN', `${name} is none of ${Object.keys(RECIPES)}`);
      await findBrowser(/** @type {BrowserName} */ (name));
    }
  } catch (error) {
    if (!(error instanceof BrowserError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
