/** What whoever serves these pages has decided, when they were built. */

export interface Deployment {
  /** Signaling servers that may be used; the first one is that of new boards. */
  readonly signaling: readonly [string, ...string[]];
  readonly iceServers: readonly RTCIceServer[];
}

/**
 * Without a setting it is the page's own origin, where a proxy passes `/socket.io/` on. Others are named in
 * `VITE_SIGNALING_URLS`, which the Content-Security-Policy is made from as well.
 */
export function readDeployment(env: Readonly<Record<string, string | undefined>>, page: string): Deployment {
  const named = (env['VITE_SIGNALING_URLS'] ?? '').split(/\s+/).filter((url: string) => URL.canParse(url));
  const [first = page, ...others] = [...named, page];
  const iceServers = JSON.parse(env['VITE_ICE_SERVERS'] ?? '[]') as readonly RTCIceServer[];
  return { signaling: [first, ...others], iceServers };
}

/** The known server that an invitation means; undefined: none of them. */
export function knownServer(url: string, { signaling }: Deployment): string | undefined {
  if (!URL.canParse(url)) return undefined;
  return signaling.find((known) => new URL(known).href === new URL(url).href);
}
