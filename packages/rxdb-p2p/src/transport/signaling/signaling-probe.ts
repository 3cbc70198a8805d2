/**
 * What answers at the URL of a signaling server that gives no WebSocket. Browsers do not say why a WebSocket failed,
 * so this asks over HTTP. A signaling server lets every page read its answer; another server usually does not, and
 * then an answer that cannot be read still shows that somebody is there.
 */

export type ProbeResult =
  /** a signaling server, or a proxy that says it is down */
  | 'signaling'
  | 'down'
  /** something else */
  | 'other'
  /** nothing */
  | 'nothing';

/** How long an answer may take, milliseconds: a bad mobile network. */
const PROBE_TIMEOUT_MS = 5_000;
/** What is read of an answer, bytes: ours has 46. */
const MAX_ANSWER_BYTES = 1_024;
/** By a proxy, for a server behind it that is out of reach. */
const PROXY_ERRORS: ReadonlySet<number> = new Set([502, 503, 504]);

export async function probeSignaling(healthUrl: string, stopped: AbortSignal): Promise<ProbeResult> {
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
  const request: RequestInit = { signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' };
  try {
    return await read(healthUrl, request);
  } catch {
    // Nobody there, or an answer that this page may not read.
  }
  try {
    await fetch(healthUrl, { ...request, mode: 'no-cors' });
  } catch {
    return 'nothing';
  }
  // Somebody is; and may have been there only since then.
  return read(healthUrl, request).catch(() => 'other');
}

async function read(healthUrl: string, request: RequestInit): Promise<ProbeResult> {
  const response = await fetch(healthUrl, request);
  const text = await readBeginning(response);
  if (response.ok && isOurs(text)) return 'signaling';
  return PROXY_ERRORS.has(response.status) ? 'down' : 'other';
}

function isOurs(text: string): boolean {
  return /"name"\s*:\s*"rxdb-p2p-signaling"/.test(text);
}

async function readBeginning(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (reader === undefined) return '';
  const decoder = new TextDecoder();
  let text = '';
  while (text.length < MAX_ANSWER_BYTES) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return text;
}
