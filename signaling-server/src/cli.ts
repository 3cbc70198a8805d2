/** The command: `bin/rxdb-p2p-signaling.js` loads it. */
import { readFile } from 'node:fs/promises';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { type Command, HELP, parseCommand } from './cli-arguments.ts';
import { createSignalingServer, type SignalingServerOptions } from './server.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** By convention 128 and the number of the signal. */
const EXIT_INTERRUPTED = 130;

async function serve(options: SignalingServerOptions): Promise<void> {
  const server = await createSignalingServer(options);
  console.log(`rxdb-p2p-signaling listens on ${server.url}`);
  console.log('no authentication: whoever reaches it may join any room');
  if (options.origins === undefined) console.log('pages of all origins may connect; --origin limits them');

  let stopping = false;
  const stop = (): void => {
    if (stopping) process.exit(EXIT_INTERRUPTED);
    stopping = true;
    server.close().catch(fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

async function run(command: Command): Promise<void> {
  switch (command.kind) {
    case 'help':
      return void process.stdout.write(HELP);
    case 'version': {
      const manifest = await readFile(new URL('../package.json', import.meta.url), 'utf8');
      return console.log((JSON.parse(manifest) as { readonly version: string }).version);
    }
    case 'serve':
      return serve(command.options);
  }
}

function fail(problem: unknown): void {
  // An error with a code says what to do; where it was thrown helps nobody then.
  console.error(problem instanceof P2PError ? problem.message : problem);
  process.exitCode = problem instanceof P2PError && problem.code === 'BAD_OPTION' ? EXIT_USAGE : EXIT_FAILED;
}

try {
  await run(parseCommand(process.argv.slice(2)));
} catch (problem) {
  fail(problem);
}
