/** The command line, as a value. Writes nothing and ends nothing. */
import { parseArgs } from 'node:util';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { DEFAULT_PORT, type SignalingServerOptions } from './server.ts';

export const HELP: string = `rxdb-p2p-signaling: introduces the devices of rxdb-p2p to each other

Usage: rxdb-p2p-signaling [options]

  -p, --port <number>    port to listen on, 0 for any free one (default ${DEFAULT_PORT})
  -H, --host <address>   address to listen on (default: all)
  -o, --origin <origin>  let only pages of this origin connect, such as https://app.example.org;
                         may be given several times (default: pages of all origins)
  --trusted-proxies <n>  proxies that every connection passes through; the client's address is so many
                         entries from the right of X-Forwarded-For (default 0: the header is not read)
  -v, --version          print the version
  -h, --help             print this text

It keeps everything in memory and writes no file. GET /healthz answers 200 while it runs.
SIGTERM or SIGINT stops it; a second one stops it at once.
Exit codes: 0 stopped, 1 could not start or failed, 2 wrong options.
`;

export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'serve'; readonly options: SignalingServerOptions };

/** @throws P2PError BAD_OPTION */
export function parseCommand(args: readonly string[]): Command {
  const { port, host, origin, 'trusted-proxies': proxies, help, version } = parse(args);
  if (help === true) return { kind: 'help' };
  if (version === true) return { kind: 'version' };
  return {
    kind: 'serve',
    options: {
      ...(port === undefined ? {} : { port: parsePort(port) }),
      ...(host === undefined ? {} : { host }),
      ...(origin === undefined ? {} : { origins: origin }),
      ...(proxies === undefined ? {} : { trustedProxies: parseHops(proxies) }),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        port: { type: 'string', short: 'p' },
        host: { type: 'string', short: 'H' },
        origin: { type: 'string', short: 'o', multiple: true },
        'trusted-proxies': { type: 'string' },
        version: { type: 'boolean', short: 'v' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    const got = cause instanceof Error ? cause.message : String(cause);
    throw new P2PError('BAD_OPTION', got, { hint: '--help lists the options', cause });
  }
}

function parseHops(text: string): number {
  // The range is checked with the other options.
  return /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new P2PError('BAD_OPTION', '--port is not usable', {
    expected: 'a number of 0 to 65535',
    got: JSON.stringify(text),
  });
}
