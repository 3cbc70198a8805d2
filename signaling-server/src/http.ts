/** What the server answers over plain HTTP: its health, and a clear no to everything else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isSignalingRequest, pathOf } from './upgrade.ts';

/** Any page may ask: the answers hold nothing that is worth hiding, and help a client that has a wrong URL. */
const HEADERS = {
  'Access-Control-Allow-Origin': '*',
  'Cache-Control': 'no-store',
  'Content-Type': 'application/json',
  'X-Content-Type-Options': 'nosniff',
} as const;

export interface Health {
  /** Whether clients are taken. */
  readonly open: boolean;
  /** Whether other processes can be reached, if there are to be any. */
  readonly whole: boolean;
}

export function answerHttp(request: IncomingMessage, response: ServerResponse, health: Health): void {
  const { status, body } = answerTo(request, health);
  const text = JSON.stringify(body);
  response.writeHead(status, { ...HEADERS, 'Content-Length': Buffer.byteLength(text) });
  response.end(request.method === 'HEAD' ? undefined : text);
}

function answerTo(
  request: IncomingMessage,
  { open, whole }: Health,
): { readonly status: number; readonly body: object } {
  if (isSignalingRequest(request)) {
    return { status: 400, body: { code: 'WEBSOCKET_ONLY', message: "connect with { transports: ['websocket'] }" } };
  }
  if (pathOf(request) === '/healthz' && (request.method === 'GET' || request.method === 'HEAD')) {
    return { status: 200, body: { name: 'rxdb-p2p-signaling', status: whole ? 'ok' : 'degraded' } };
  }
  if (pathOf(request) === '/readyz' && (request.method === 'GET' || request.method === 'HEAD')) {
    // Degraded it still takes clients: all processes would be taken out at once otherwise, with Redis alone gone.
    if (open) return { status: 200, body: { status: whole ? 'ready' : 'degraded' } };
    return { status: 503, body: { status: 'closing' } };
  }
  return { status: 404, body: { code: 'NOT_FOUND', message: 'an rxdb-p2p signaling server; see /healthz' } };
}
