import { describe, expect, it } from 'vitest';
import { HELP, parseCommand } from './cli-arguments.ts';

describe('the command line', () => {
  it('leaves everything to the defaults', () => {
    expect(parseCommand([])).toEqual({ kind: 'serve', options: {} });
  });

  it('knows its options', () => {
    const args = [
      '--port',
      '0',
      '--host',
      '127.0.0.1',
      '--origin',
      'https://a.org',
      '-o',
      'https://b.org',
      '--trusted-proxies',
      '1',
    ];
    expect(parseCommand(args)).toEqual({
      kind: 'serve',
      options: { port: 0, host: '127.0.0.1', origins: ['https://a.org', 'https://b.org'], trustedProxies: 1 },
    });
    expect(parseCommand(['-h'])).toEqual({ kind: 'help' });
    expect(parseCommand(['--version'])).toEqual({ kind: 'version' });
    for (const option of ['--port', '--host', '--origin', '--trusted-proxies', '--version', '--help'])
      expect(HELP).toContain(option);
  });

  it.each([
    ['--port'],
    ['--port', 'x'],
    ['--port', '65536'],
    ['--port', '1e3'],
    ['--port=-1'],
    ['--prot', '1'],
    ['8787'],
  ])('refuses %s %s', (...args) => {
    expect(() => parseCommand(args)).toThrow(/^BAD_OPTION: /);
  });
});
