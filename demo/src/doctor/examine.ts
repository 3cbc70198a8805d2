/** Gathers the facts. Asks this site's own servers, and nobody else. */
import type { PoolStatus } from 'rxdb-p2p';
import { roomCode } from '../boards/board-id.ts';
import type { Deployment } from '../deployment.ts';
import type { Board } from '../schemas.ts';
import type { Facts, ServerAnswer } from './facts.ts';

/** Who has not answered by then is as good as silent, milliseconds. */
const ANSWER_MS = 5_000;

export async function examine(
  board: Board,
  deployment: Deployment,
  status: PoolStatus | undefined,
  codes: readonly string[],
): Promise<Facts> {
  const urls = deployment.iceServers.flatMap(({ urls }) => urls);
  const [{ answer, clockOffsetMs }, { selfTest, addresses }, code, persisted] = await Promise.all([
    askServer(board.signaling),
    tryConnection(deployment.iceServers),
    roomCode(board),
    navigator.storage?.persisted?.(),
  ]);
  return {
    online: navigator.onLine,
    server: answer,
    clockOffsetMs,
    selfTest,
    addresses,
    hasStun: urls.some((url) => url.startsWith('stun')),
    hasTurn: urls.some((url) => url.startsWith('turn')),
    status,
    codes,
    roomCode: code,
    persisted,
  };
}

async function askServer(signaling: string): Promise<{ answer: ServerAnswer; clockOffsetMs: number | undefined }> {
  const url = new URL(signaling.replace(/^ws/, 'http'));
  url.pathname = `${url.pathname.replace(/\/$/, '')}/healthz`;
  const askedAt = Date.now();
  try {
    const response = await fetch(url, { cache: 'no-store', signal: AbortSignal.timeout(ANSWER_MS) });
    const now = (askedAt + Date.now()) / 2;
    const date = Date.parse(response.headers.get('date') ?? '');
    const clockOffsetMs = Number.isNaN(date) ? undefined : now - date;
    if (response.status >= 500) return { answer: 'silent', clockOffsetMs };
    const said: unknown = response.ok ? await response.json().catch(() => undefined) : undefined;
    const isOurs = typeof said === 'object' && said !== null && 'name' in said && said.name === 'rxdb-p2p-signaling';
    return { answer: isOurs ? 'ok' : 'something-else', clockOffsetMs };
  } catch {
    // No answer, a wrong certificate, or a server that refuses this origin: browsers do not tell them apart.
    return { answer: 'silent', clockOffsetMs: undefined };
  }
}

/** Connects two ends within the page, with the servers that boards use. */
async function tryConnection(
  iceServers: readonly RTCIceServer[],
): Promise<{ selfTest: boolean | undefined; addresses: readonly string[] }> {
  if (!('RTCPeerConnection' in globalThis)) return { selfTest: undefined, addresses: [] };
  const kinds = new Set<string>();
  const ends = [0, 1].map(() => new RTCPeerConnection({ iceServers: [...iceServers] }));
  const [a, b] = ends as [RTCPeerConnection, RTCPeerConnection];
  try {
    for (const [from, to] of [[a, b] as const, [b, a] as const]) {
      from.onicecandidate = ({ candidate }) => {
        if (candidate === null) return;
        if (candidate.type !== null) kinds.add(candidate.type);
        // One that comes after the end is of no use any more.
        to.addIceCandidate(candidate).catch(() => undefined);
      };
    }
    const channel = a.createDataChannel('test');
    const opened = new Promise<boolean>((resolve) => {
      channel.onopen = () => resolve(true);
      setTimeout(() => resolve(false), ANSWER_MS);
    });
    await a.setLocalDescription();
    if (a.localDescription !== null) await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    if (b.localDescription !== null) await a.setRemoteDescription(b.localDescription);
    return { selfTest: await opened, addresses: [...kinds].sort() };
  } catch {
    return { selfTest: false, addresses: [...kinds].sort() };
  } finally {
    for (const end of ends) end.close();
  }
}
