/**
 * `npm run demo`: serves the built demo and a signaling server for it on this machine, and prints the address.
 * `npm run demo -- --host` listens on all interfaces, for other devices of the network.
 */
import { join } from 'node:path';
import { createSignalingServer, P2PError } from 'rxdb-p2p-signaling';
import { preview } from 'vite';

/** Where the demo looks for its signaling server unless its address says otherwise. */
const SIGNALING_PORT = 8787;

const host = process.argv.includes('--host') ? '0.0.0.0' : '127.0.0.1';

/** On the port where the demo looks, or on a free one when another program has that. */
async function startSignaling() {
  try {
    return await createSignalingServer({ port: SIGNALING_PORT, host });
  } catch (error) {
    if (!(error instanceof P2PError) || error.code !== 'PORT_IN_USE') throw error;
    return createSignalingServer({ port: 0, host });
  }
}

const signaling = await startSignaling();
const demo = await preview({
  root: join(import.meta.dirname, '..', 'demo'),
  preview: { host, port: 4173, strictPort: false },
});

const { port } = signaling;
/** @param {string} url the demo's address, completed where it would look on another port */
function withSignaling(url) {
  if (port === SIGNALING_PORT) return url;
  const address = new URL(url);
  address.searchParams.set('signaling', `http://${address.hostname}:${port}`);
  return address.href;
}

const urls = [...(demo.resolvedUrls?.local ?? []), ...(demo.resolvedUrls?.network ?? [])];
console.log(`
The demo is at

${urls.map((url) => `  ${withSignaling(url)}`).join('\n')}

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
