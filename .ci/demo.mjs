/**
 * `npm run demo`: serves the built demo and a signaling server for it on this machine, and prints the address.
 * `npm run demo -- --host` listens on all interfaces, for other devices of the network.
 */
import { join } from 'node:path';
import { createSignalingServer } from 'rxdb-p2p-signaling';
import { preview } from 'vite';

const host = process.argv.includes('--host') ? '0.0.0.0' : '127.0.0.1';

const signaling = await createSignalingServer({ port: 0, host: '127.0.0.1' });
const target = `http://127.0.0.1:${signaling.port}`;
const demo = await preview({
  root: join(import.meta.dirname, '..', 'demo'),
  preview: {
    host,
    port: 4173,
    strictPort: false,
    // One origin for both, as a proxy would do it in production.
    proxy: { '/socket.io': { target, ws: true }, '/healthz': { target } },
    headers: { 'Referrer-Policy': 'no-referrer' },
  },
});

const urls = [...(demo.resolvedUrls?.local ?? []), ...(demo.resolvedUrls?.network ?? [])];
console.log(`
The demo is at

${urls.map((url) => `  ${url}`).join('\n')}

Open it in two browsers, or in a window and a private window. The signaling server is at the same address.
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
