/**
 * `npm run demo`: serves the built demo and a signaling server for it on this machine, and prints the address.
 * `npm run demo -- --host` listens on all interfaces, for other devices of the network.
 */
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import { preview } from 'vite';

/** Where the demo looks for its signaling server unless its address says otherwise. */
const SIGNALING_PORT = 8787;

const host = process.argv.includes('--host') ? '0.0.0.0' : '127.0.0.1';

/** @param {number} port 0 for any @returns {Promise<number | undefined>} the port, when it is free */
function freePort(port) {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' ? address?.port : undefined));
    });
  });
}

const port = (await freePort(SIGNALING_PORT)) ?? (await freePort(0));
const signaling = await createSignalingServer({ port, host });
const demo = await preview({
  root: join(import.meta.dirname, '..', 'demo'),
  preview: { host, port: 4173, strictPort: false },
});

const query = port === SIGNALING_PORT ? '' : `?signaling=${encodeURIComponent(`http://localhost:${port}`)}`;
const urls = [...(demo.resolvedUrls?.local ?? []), ...(demo.resolvedUrls?.network ?? [])];
console.log(`
The demo is at

${urls.map((url) => `  ${url}${query}`).join('\n')}

Open it in two browsers, or in a window and a private window. The signaling server listens on port ${port}.
Ctrl-C stops both.
`);

let isStopping = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, async () => {
    if (isStopping) return;
    isStopping = true;
    await Promise.all([signaling.close(), demo.close()]);
    process.exit(0);
  });
}
