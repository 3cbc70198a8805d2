import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { clientAddress } from './client-address.ts';

function from(link: string | undefined, forwarded: string | undefined, trustedProxies: number): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  return clientAddress({ headers, socket: { remoteAddress: link } } as unknown as IncomingMessage, trustedProxies);
}

it('reads no header unless there are proxies', () => {
  expect(from('192.0.2.1', '198.51.100.7', 0)).toBe('192.0.2.1');
});

it('counts the hops from the right, whatever a client writes on the left', () => {
  expect(from('10.0.0.1', '198.51.100.7', 1)).toBe('198.51.100.7');
  expect(from('10.0.0.1', '1.1.1.1, 2.2.2.2,198.51.100.7', 1)).toBe('198.51.100.7');
  expect(from('10.0.0.1', '1.1.1.1, 198.51.100.7, 10.0.0.2', 2)).toBe('198.51.100.7');
  expect(from('10.0.0.1', ' 198.51.100.7:4711 ', 1)).toBe('198.51.100.7');
  expect(from('10.0.0.1', '[2001:db8::1]:4711', 1)).toBe('2001:db8::/64');
});

it.each([
  [undefined, 1],
  ['', 1],
  ['198.51.100.7', 2],
  ['unknown', 1],
  ['1', 1],
  ['0x7f.1', 1],
  ['198.51.100.7, x\u001b[31m', 1],
])('takes the address of the link where %j is not what %i trusted proxies write', (forwarded, hops) => {
  expect(from('192.0.2.1', forwarded, hops)).toBe('192.0.2.1');
});

it('takes all addresses of one /64 as one, and all spellings', () => {
  const one = from('2001:db8:1:2:3:4:5:6', undefined, 0);
  expect(one).toBe('2001:db8:1:2::/64');
  expect(from('2001:0DB8:0001:0002:ffff::', undefined, 0)).toBe(one);
  expect(from('2001:db8:1:3::1', undefined, 0)).not.toBe(one);
  expect(from('fe80::1%eth0', undefined, 0)).toBe('fe80::/64');
  expect(from('::ffff:192.0.2.1', undefined, 0)).toBe('192.0.2.1');
  expect(from('::1', undefined, 0)).toBe('::/64');
  expect(from(undefined, undefined, 0)).toBe('unknown');
});
