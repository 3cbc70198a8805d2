import { LOOPBACK_CONFIG, nodeWebRTC } from '@rxdb-p2p/testkit/node-webrtc';
import SimplePeer from 'simple-peer/simplepeer.min.js';
import { test } from 'vitest';
import { createPeerConnection } from '../webrtc/peer-connection.ts';
import { findWebRTC } from '../webrtc/webrtc.ts';
test('rate', async () => {
  const webRTC = findWebRTC(nodeWebRTC)!;
  let fail = 0; const times: number[] = []; const errs: string[] = [];
  for (let i = 0; i < 120; i++) {
    const t0 = performance.now();
    await new Promise<void>((resolve) => {
      let open = 0;
      const done = () => { a.destroy(); b.destroy(); void Promise.all([a.gone, b.gone]).then(() => resolve()); };
      const ev = (other: () => any) => ({ onSignal: (s: any) => setTimeout(() => other().take(s), 1), onOpen: () => { if (++open === 2) { times.push(performance.now() - t0); done(); } }, onEnd: (e: any) => { if (open < 2) { fail++; errs.push(String(e)); } done(); } });
      const a: any = createPeerConnection({ SimplePeer, webRTC, config: LOOPBACK_CONFIG }, true, ev(() => b));
      const b: any = createPeerConnection({ SimplePeer, webRTC, config: LOOPBACK_CONFIG }, false, ev(() => a));
    });
  }
  times.sort((x, y) => x - y);
  console.log('fail', fail, errs, 'p50', times[60], 'p90', times[108], 'max', times.at(-1), 'slow', times.filter(x => x > 500).length);
}, 200000);
