/** Checks every package that will be published as npm would pack it: with publint and with attw. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from './steps.mjs';

const root = join(import.meta.dirname, '..');
const folders = [...readdirSync(join(root, 'packages')).map((name) => join('packages', name)), 'signaling-server'];
const published = folders.filter((folder) => {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  return manifest.private !== true;
});

let failed = 0;
for (const folder of published) {
  console.log(`\n${folder}`);
  const codes = [
    await execute('npx', ['publint', '--strict', folder]),
    await execute('npx', ['attw', '--pack', folder, '--profile', 'esm-only', '--format', 'ascii', '--no-summary']),
  ];
  failed += codes.filter((code) => code !== 0).length;
}
process.exitCode = failed === 0 ? 0 : 1;
