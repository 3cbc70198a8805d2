/** Waiting until pages have nothing more to say. */
import type { Peers } from './peers.ts';

/** Keep-alives, at most. */
const QUIET_BYTES = 100;
const QUIET_LOOKS = 3;

/** Resolves to all bytes so far, when next to nothing has crossed the channels for a second. */
export async function quietTraffic(peers: Peers): Promise<number> {
  let before = -QUIET_BYTES;
  for (let looks = 0; ; ) {
    const { bytesSent } = await peers.traffic();
    looks = bytesSent - before < QUIET_BYTES ? looks + 1 : 0;
    if (looks >= QUIET_LOOKS) return bytesSent;
    before = bytesSent;
  }
}

const LOOK_MS = 50;

/** Resolves when every page is connected to all the others. */
export async function meshed(peers: Peers): Promise<void> {
  for (;;) {
    const connected = await Promise.all(peers.all.map((peer) => peer.call('connected')));
    if (connected.every((count) => count >= peers.all.length - 1)) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}
