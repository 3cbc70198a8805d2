/** The examples in `deploy` name settings, versions and ports as they are. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parseCommand } from './cli-arguments.ts';
import { DEFAULT_PORT } from './server.ts';
import { ENV_PREFIX } from './settings.ts';

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

it('sets variables that there are, to values that they take', () => {
  const compose = read('deploy/compose.yaml');
  const variables = [...compose.matchAll(new RegExp(`^ +(${ENV_PREFIX}[A-Z_]+): ["']?([^"'\\n]*)["']?$`, 'gm'))];
  expect(variables.length).toBeGreaterThan(5);
  const env = Object.fromEntries(variables.map(([, name = '', value = '']) => [name, value]));
  expect(parseCommand([], env)).toMatchObject({
    kind: 'serve',
    settings: { 'trusted-proxies': 1, 'turn-url': [expect.stringContaining('udp'), expect.stringContaining('tcp')] },
  });
});

it('installs the Redis client that is tested, and asks the port that it listens on', () => {
  const manifest = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> };
  const dockerfile = read('deploy/Dockerfile');
  expect(dockerfile).toContain(`@redis/client@${manifest.devDependencies['@redis/client']}`);
  for (const text of [dockerfile, read('deploy/Caddyfile'), read('deploy/nginx.conf')]) {
    expect(text).toMatch(new RegExp(`[: ]${DEFAULT_PORT}`));
  }
});
