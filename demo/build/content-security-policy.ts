import type { Plugin } from 'vite';

/**
 * What the built pages may do: scripts and styles are their own, nothing is evaluated, nobody but their own origin and the
 * signaling servers that they were built for is spoken to.
 */
export function policy(signaling: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "manifest-src 'self'",
    "worker-src 'self'",
    `connect-src ${["'self'", ...signaling.flatMap(origins)].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

/** Only in builds: Vite's development client adds inline styles and a WebSocket of its own. */
export function contentSecurityPolicy(signaling: readonly string[]): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: policy(signaling) },
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** A server is asked over HTTP whether it is one, and used over a WebSocket. */
function origins(url: string): readonly string[] {
  const { protocol, host } = new URL(url);
  return protocol === 'https:' || protocol === 'wss:'
    ? [`https://${host}`, `wss://${host}`]
    : [`http://${host}`, `ws://${host}`];
}
