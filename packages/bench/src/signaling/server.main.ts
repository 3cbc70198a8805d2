/** A process with one signaling server: `node server.main.js NAME`. Tells its port, and its usage whenever it is asked. */
import { type ServerName, STARTS } from './servers.ts';

const name = process.argv[2] as ServerName;
// RxDB's says each goodbye.
console.log = () => undefined;
const port = await STARTS[name]();
process.on('message', () => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send?.({ cpuMs: (user + system) / 1_000, usedBytes: heapUsed + external, rssBytes: rss });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port });
