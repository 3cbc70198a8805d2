/** The command line and its environment, as a value. Writes nothing and ends nothing. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { ENV_PREFIX, readSettings, SETTING_NAMES, type Settings, settingOf, variableOf } from './settings.ts';

/** Columns of the help's text, beside the flags. */
const HELP_WIDTH = 72;

export const HELP: string = `rxdb-p2p-signaling: introduces the devices of rxdb-p2p to each other

Usage: rxdb-p2p-signaling [options]

${SETTING_NAMES.map(describe).join('\n')}
  -v, --version
      print the version
  -h, --help
      print this text

Each option can be given as a variable too: --jwt-issuer is ${variableOf('jwt-issuer')}. Flags come first. Options
with * may be given several times, in a variable with commas between.
Without --tokens-file or --jwt-issuer everybody who reaches the server is let in.

It keeps everything in memory and writes no file; logs are lines of JSON on stdout. GET /healthz answers 200 while it
runs, GET /readyz while it takes clients. SIGTERM or SIGINT stops it: clients are told to move on first; a second one
stops it at once. SIGHUP reads the certificate anew.
Exit codes: 0 stopped, 1 could not start or failed, 2 wrong options.
`;

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'serve'; readonly settings: Settings };

/** @throws P2PError BAD_OPTION */
export function parseCommand(
  args: readonly string[],
  env: { readonly [name: string]: string | undefined } = {},
): Command {
  const { help, version, ...flags } = parse(args);
  if (help === true) return { kind: 'help' };
  if (version === true) return { kind: 'version' };
  const known = new Set(SETTING_NAMES.map(variableOf));
  const unknown = Object.keys(env).find((name) => name.startsWith(ENV_PREFIX) && !known.has(name));
  if (unknown !== undefined) {
    throw new P2PError('BAD_OPTION', `there is no variable ${unknown}`, { hint: '--help lists the options' });
  }
  return { kind: 'serve', settings: readSettings(flags as Record<string, readonly string[]>, env) };
}

function parse(args: readonly string[]) {
  const options: NonNullable<ParseArgsConfig['options']> = Object.fromEntries(
    SETTING_NAMES.map((name) => {
      const { short } = settingOf(name);
      return [name, { type: 'string', multiple: true, ...(short === undefined ? {} : { short }) }];
    }),
  );
  const flags: NonNullable<ParseArgsConfig['options']> = {
    version: { type: 'boolean', short: 'v' },
    help: { type: 'boolean', short: 'h' },
  };
  try {
    const { values } = parseArgs({
      ...{ args: [...args], strict: true, allowPositionals: false },
      options: { ...options, ...flags },
    });
    return checkRepeats(values);
  } catch (cause) {
    if (cause instanceof P2PError) throw cause;
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new P2PError('BAD_OPTION', got, { hint: '--help lists the options', cause });
  }
}

function checkRepeats<T extends { readonly [name: string]: unknown }>(values: T): T {
  const repeated = SETTING_NAMES.find((name) => {
    const given = values[name];
    return Array.isArray(given) && given.length > 1 && settingOf(name).many !== true;
  });
  if (repeated === undefined) return values;
  throw new P2PError('BAD_OPTION', `--${repeated} is given more than once`);
}

function describe(name: (typeof SETTING_NAMES)[number]): string {
  const { short, value, help, many } = settingOf(name);
  const flag = `  ${short === undefined ? '   ' : `-${short},`} --${name} <${value}>${many === true ? ' *' : ''}`;
  return [flag, ...wrap(help).map((line) => `      ${line}`)].join('\n');
}

function wrap(text: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + word.length >= HELP_WIDTH) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
