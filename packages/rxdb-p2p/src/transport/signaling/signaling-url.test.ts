import { describe, expect, it } from 'vitest';
import { parseSignalingUrl, signalingKey } from './signaling-url.ts';

describe('signaling URL', () => {
  it('takes http and WebSocket schemes alike, and folders that a proxy has put the server under', () => {
    const expected = {
      origin: 'https://signal.example.org',
      path: '/socket.io/',
      query: {},
      healthUrl: 'https://signal.example.org/healthz',
    };
    expect(parseSignalingUrl('https://signal.example.org')).toEqual(expected);
    expect(parseSignalingUrl('wss://signal.example.org/#fragment')).toEqual(expected);
    expect(parseSignalingUrl('ws://localhost:8787/a/b/?token=1&x=2')).toEqual({
      origin: 'http://localhost:8787',
      path: '/a/b/socket.io/',
      query: { token: '1', x: '2' },
      healthUrl: 'http://localhost:8787/a/b/healthz',
    });
  });

  it('has one key for one server, and another for another query', () => {
    const key = (url: string): string => signalingKey(parseSignalingUrl(url));
    expect(key('wss://a.example/?x=1&y=2')).toBe(key('https://A.example?y=2&x=1'));
    expect(key('wss://a.example')).not.toBe(key('ws://a.example'));
    expect(key('wss://a.example/?x=1')).not.toBe(key('wss://a.example/?x=2'));
  });

  it.each([
    [undefined],
    [null],
    [42],
    [''],
    ['signal.example.org'],
    ['/signal'],
    ['ftp://signal.example.org'],
    ['javascript:alert(1)'],
    ['https://user:secret@signal.example.org/?token=secret'],
    ['https://secret@signal.example.org'],
    ['not a url with a secret'],
  ])('refuses %j, without a word of what may be secret', (input) => {
    let message = '';
    try {
      parseSignalingUrl(input);
    } catch (error) {
      expect(error).toMatchObject({ name: 'P2PError', code: 'SIGNALING_URL_INVALID' });
      message = String(error);
    }
    expect(message).toContain('https://signal.example.org');
    expect(message).not.toContain('secret');
  });
});
