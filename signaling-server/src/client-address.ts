/** Whom a connection is counted for: an address that the client cannot choose. */
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** An IPv6 host is given a /64 at least (RFC 6177, RFC 7934), so it has 2^64 addresses to be somebody else. */
const IPV6_HOST_BITS = 64;

/** What a link whose address nobody knows any more is counted as: it has been closed already. */
const UNKNOWN = 'unknown';

/**
 * The client's address, IPv6 as its /64. Each trusted proxy has written the address of who spoke to it at the end of
 * `X-Forwarded-For`; what stands before those entries is the client's own text, and is not read.
 *
 * @param trustedProxies how many proxies every connection passes through, 0: none
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const link = request.socket.remoteAddress;
  const forwarded = trustedProxies === 0 ? undefined : entryFromRight(request, trustedProxies);
  return normalize(forwarded) ?? normalize(link) ?? UNKNOWN;
}

function entryFromRight(request: IncomingMessage, hops: number): string | undefined {
  const header = request.headers['x-forwarded-for'];
  const entries = (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',');
  // With fewer entries than proxies it did not come through them: the link's own address is all that is known.
  return entries.at(-hops);
}

/** One name for all spellings of an address; undefined when the text is none. */
function normalize(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const bare = withoutPort(text.trim()).replace(/%.*$/, '');
  // Stricter than ipaddr.js, which reads `1` and `0x7f.1` as addresses too.
  if (isIP(bare) === 0) return undefined;
  const address = ipaddr.process(bare);
  if (!(address instanceof ipaddr.IPv6)) return address.toString();
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${IPV6_HOST_BITS}`).toString()}/${IPV6_HOST_BITS}`;
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  return bracketed ?? /^(\d+\.\d+\.\d+\.\d+):\d{1,5}$/.exec(text)?.[1] ?? text;
}
