/** The README's examples run, against the built package, and its table shows the limits as they are. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import {
  AUTH_CODES,
  MAX_ROOM_LENGTH,
  MAX_ROOM_SAMPLE,
  MAX_SIGNAL_LENGTH,
  MAX_TOKEN_LENGTH,
} from '@rxdb-p2p/protocol/signaling';
import { expect, it } from 'vitest';
import {
  DEFAULT_HEARTBEAT,
  DEFAULT_LIMITS,
  MAX_IDLE_ACCOUNTS,
  MAX_MESSAGE_BYTES,
  MAX_NOTICES_PER_MEMBER,
} from './limits.ts';
import { DEFAULT_PORT } from './server.ts';
import { SETTING_NAMES } from './settings.ts';

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const examples = [...README.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1] ?? '');

it.each(examples.map((example, index) => [index + 1, example] as const))(
  'runs example %i',
  async (_number, example) => {
    const options = { cwd: fileURLToPath(new URL('..', import.meta.url)), env: { ...process.env, PORT: '0' } };
    const { stderr } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', example], options);
    expect(stderr).toBe('');
  },
);

it('lists every limit', () => {
  expect(examples).toHaveLength(3);
  const table = README.slice(README.indexOf('## Limits'), README.indexOf('## Behind'));
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  const shows = (value: number, ...words: string[]): void => {
    const row = rows.find((line) => words.every((word) => line.includes(word)));
    expect(row?.split('|')[2]?.match(/\d[\d,]*\d|\d/g) ?? []).toContain(value.toLocaleString('en'));
  };
  for (const [name, value] of Object.entries(DEFAULT_LIMITS)) shows(value, `\`${name}\``);
  for (const [name, value] of Object.entries(DEFAULT_HEARTBEAT)) shows(value, `\`${name}\``);
  shows(MAX_ROOM_LENGTH, 'name of a room');
  shows(MAX_SIGNAL_LENGTH, 'one signal');
  shows(MAX_TOKEN_LENGTH, 'one token');
  shows(MAX_MESSAGE_BYTES, 'one message');
  shows(MAX_ROOM_SAMPLE, 'a join returns');
  shows(MAX_IDLE_ACCOUNTS, 'that are remembered');
  shows(MAX_NOTICES_PER_MEMBER, 'hear of one leaving');
  expect(README).toContain(`| ${DEFAULT_PORT} |`);
  for (const name of SETTING_NAMES) expect(README).toMatch(new RegExp(`^\\|.*\`--${name}\``, 'm'));
  for (const code of AUTH_CODES) expect(README).toMatch(new RegExp(`^\\|.*\`${code}\``, 'm'));
});
