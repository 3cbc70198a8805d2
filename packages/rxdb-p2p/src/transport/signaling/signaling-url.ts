/** Where a signaling server is: checked at once, so that a slip is found where it was made. */
import { P2PError } from '@rxdb-p2p/protocol';

/** More bring nobody nearer, and each costs every device a socket. */
export const MAX_SIGNALING_SERVERS: number = 3;

export interface SignalingUrl {
  /** `https://host:port`, the only part that is ever shown: the rest may hold a secret */
  readonly origin: string;
  /** path of the WebSocket, under which a proxy may have put the server */
  readonly path: string;
  /** what the application wrote behind `?`, passed on */
  readonly query: Readonly<Record<string, string>>;
  /** where the server says what it is */
  readonly healthUrl: string;
}

/** Signaling speaks WebSocket over HTTP, so both ways of writing its URL mean the same. */
const SCHEMES: ReadonlyMap<string, 'http:' | 'https:'> = new Map([
  ['http:', 'http:'],
  ['https:', 'https:'],
  ['ws:', 'http:'],
  ['wss:', 'https:'],
]);

const EXPECTED = "an absolute URL, such as 'https://signal.example.org'";

/** @throws P2PError SIGNALING_URL_INVALID */
export function parseSignalingUrl(input: unknown): SignalingUrl {
  if (typeof input !== 'string') throw invalid(input === null ? 'null' : typeof input);
  if (!URL.canParse(input)) throw invalid(input === '' ? 'an empty string' : 'text that is no absolute URL');
  const url = new URL(input);
  const scheme = SCHEMES.get(url.protocol);
  if (scheme === undefined) throw invalid(`the scheme ${url.protocol}`, 'use https, http, wss or ws');
  if (url.username !== '' || url.password !== '') {
    throw invalid(`a user name or password before ${url.host}`, 'browsers do not send them to WebSockets; remove them');
  }
  const origin = `${scheme}//${url.host}`;
  const folder = url.pathname.replace(/\/+$/, '');
  return {
    origin,
    path: `${folder}/socket.io/`,
    query: Object.fromEntries(url.searchParams),
    healthUrl: `${origin}${folder}/healthz`,
  };
}

/** @throws P2PError SIGNALING_URL_INVALID */
export function parseSignalingUrls(input: string | readonly string[]): readonly SignalingUrl[] {
  const urls = [input].flat().map(parseSignalingUrl);
  const different = new Set(urls.map(signalingKey)).size;
  if (urls.length > 0 && urls.length <= MAX_SIGNALING_SERVERS && different === urls.length) return urls;
  throw new P2PError('SIGNALING_URL_INVALID', 'the URLs of the signaling servers cannot be used', {
    expected: `one to ${MAX_SIGNALING_SERVERS} different ones`,
    got: different === urls.length ? String(urls.length) : 'one twice',
    hint: 'several are for servers that know nothing of each other; processes behind one address need one URL',
  });
}

/** Equal for two URLs that lead to the same server in the same way. */
export function signalingKey({ origin, path, query }: SignalingUrl): string {
  return JSON.stringify([origin, path, Object.entries(query).sort()]);
}

function invalid(got: string, hint = 'check the `signaling` option'): P2PError {
  return new P2PError('SIGNALING_URL_INVALID', 'the URL of the signaling server cannot be used', {
    expected: EXPECTED,
    got,
    hint,
  });
}
