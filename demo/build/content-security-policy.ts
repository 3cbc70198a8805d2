import type { Plugin } from 'vite';

/**
 * What the built page may do. Scripts and styles are its own, nothing is evaluated, and it can be framed into nothing
 * else's form. The signaling server may be anywhere, so here any may be called; `src/connections.ts` narrows that to one.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "manifest-src 'self'",
  "worker-src 'self'",
  "connect-src 'self' http: https: ws: wss:",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

/** Only in builds: Vite's development client adds inline styles and a WebSocket of its own. */
export function contentSecurityPolicy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        injectTo: 'head-prepend',
      },
    ],
  };
}
