/** The command: `bin/rxdb-p2p-signaling.js` loads it. */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { P2PError } from '@rxdb-p2p/protocol/signaling';
import { pino } from 'pino';
import { type Command, HELP, parseCommand } from './cli-arguments.ts';
import { serverOptions, tlsOptions } from './configuration.ts';
import { createLogObserver } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { SignalingObserver } from './observer.ts';
import { createSignalingServer } from './server.ts';
import type { Settings } from './settings.ts';

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;
/** By convention 128 and the number of the signal. */
const EXIT_INTERRUPTED = 130;
const DEFAULT_METRICS_HOST = '127.0.0.1';

async function serve(settings: Settings): Promise<void> {
  const options = await serverOptions(settings);
  const log = pino(
    { name: 'rxdb-p2p-signaling', level: settings['log-level'] ?? 'info' },
    pino.destination({ sync: true }),
  );
  const metrics = createMetrics();
  const observer = both(
    createLogObserver(log, () => performance.now()),
    metrics.observer,
  );
  const onProblem = (problem: Error): void => log.error({ err: problem }, 'problem');
  const server = await createSignalingServer({ ...options, observer, onProblem });
  metrics.watch(server);
  const metricsPort = settings['metrics-port'];
  const scraped =
    metricsPort === undefined
      ? undefined
      : await metrics.serve(metricsPort, settings['metrics-host'] ?? DEFAULT_METRICS_HOST);
  if (options.auth === 'none') log.warn('no authentication: whoever reaches it may join any room');
  if (options.origins === undefined) log.warn('pages of all origins may connect; --origin limits them');
  log.info({ url: server.url, ...(scraped === undefined ? {} : { metricsPort: scraped.port }) }, 'listening');

  let stopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (stopping) process.exit(EXIT_INTERRUPTED);
    stopping = true;
    log.info({ signal, connections: server.connections }, 'stopping');
    const end = (): void => {
      scraped?.close();
      log.info('stopped');
    };
    server.close().then(end, fail);
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.on('SIGHUP', () => {
    const renewed = tlsOptions(settings).then((tls) => tls && server.renewCertificate(tls));
    renewed.then(() => log.info('certificate read'), onProblem);
  });
}

function both(one: SignalingObserver, other: SignalingObserver): SignalingObserver {
  return {
    refused(...event) {
      one.refused(...event);
      other.refused(...event);
    },
    answered(...event) {
      one.answered(...event);
      other.answered(...event);
    },
    dismissed(...event) {
      one.dismissed(...event);
      other.dismissed(...event);
    },
  };
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
      return serve(command.settings);
  }
}

function fail(problem: unknown): void {
  // An error with a code says what to do; where it was thrown helps nobody then.
  console.error(problem instanceof P2PError ? problem.message : problem);
  process.exitCode = problem instanceof P2PError && problem.code === 'BAD_OPTION' ? EXIT_USAGE : EXIT_FAILED;
}

try {
  await run(parseCommand(process.argv.slice(2), process.env));
} catch (problem) {
  fail(problem);
}
