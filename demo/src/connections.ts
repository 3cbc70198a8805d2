/**
 * The page is built before anybody knows which signaling server it will be opened with. A second policy, which can only
 * narrow the one in the page, therefore says so at run time: this server, the page's own origin, and nobody else.
 */
export function allowOnly(signaling: string): void {
  if (!URL.canParse(signaling)) return;
  const { host, protocol } = new URL(signaling);
  const secure = protocol === 'https:' || protocol === 'wss:';
  const origins = secure ? `https://${host} wss://${host}` : `http://${host} ws://${host}`;
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = `connect-src 'self' ${origins}`;
  document.head.append(policy);
}
