/** HTTP upgrades: which are ours, and a plain answer to those that nobody takes. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Where socket.io clients connect by default. */
export const SIGNALING_PATH: string = '/socket.io/';

export function isSignalingRequest(request: IncomingMessage): boolean {
  return pathOf(request) === SIGNALING_PATH;
}

/** The path without its query. Never throws, unlike a URL parser: what is asked for can be any text. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '').split('?', 1)[0] ?? '';
}

/** As decoded as engine.io reads it: `%73id` is `sid`. */
export function queryOf(request: IncomingMessage): URLSearchParams {
  return new URLSearchParams((request.url ?? '').slice(pathOf(request).length));
}

const REASONS = { 400: 'Bad Request', 404: 'Not Found', 429: 'Too Many Requests', 503: 'Service Unavailable' } as const;

export function refuseUpgrade(link: Duplex, status: keyof typeof REASONS, code: string): void {
  // The client may be gone already; there is nobody to tell then.
  link.on('error', () => link.destroy());
  link.end(
    `HTTP/1.1 ${status} ${REASONS[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${code.length}\r\n\r\n${code}`,
    () => link.destroy(),
  );
}
