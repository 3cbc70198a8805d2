import { describe, expect, it } from 'vitest';
import { HELP, parseCommand } from './cli-arguments.ts';
import { SETTING_NAMES, variableOf } from './settings.ts';

describe('the command line', () => {
  it('leaves everything to the defaults', () => {
    expect(parseCommand([])).toEqual({ kind: 'serve', settings: {} });
    expect(parseCommand([], { PATH: '/bin', PORT: 'x', P2P_SIGNALING_PORT: '' })).toEqual({
      kind: 'serve',
      settings: {},
    });
  });

  it('knows its options', () => {
    const args = ['--port', '0', '-H', '127.0.0.1', '--origin', 'https://a.org', '-o', 'https://b.org'];
    expect(
      parseCommand([...args, '--trusted-proxies', '1', '--limit', 'joinBurst=7', '--limit=connections=9']),
    ).toEqual({
      kind: 'serve',
      settings: {
        ...{ port: 0, host: '127.0.0.1', origin: ['https://a.org', 'https://b.org'], 'trusted-proxies': 1 },
        limit: { joinBurst: 7, connections: 9 },
      },
    });
    expect(parseCommand(['-h'])).toEqual({ kind: 'help' });
    expect(parseCommand(['--version'])).toEqual({ kind: 'version' });
    for (const name of [...SETTING_NAMES, 'version', 'help']) expect(HELP).toMatch(new RegExp(`--${name}\\b`));
    expect(Math.max(...HELP.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('takes each option from the environment too, and flags first', () => {
    const env = {
      P2P_SIGNALING_PORT: '1',
      P2P_SIGNALING_ORIGIN: 'https://a.org,https://b.org',
      P2P_SIGNALING_LOG_LEVEL: 'warn',
    };
    expect(parseCommand(['--port', '2'], env)).toEqual({
      kind: 'serve',
      settings: { port: 2, origin: ['https://a.org', 'https://b.org'], 'log-level': 'warn' },
    });
    expect(SETTING_NAMES.map(variableOf)).toContain('P2P_SIGNALING_JWT_SECRET_FILE');
  });

  it.each([
    ['--port'],
    ['--port', 'x'],
    ['--port', '65536'],
    ['--port', '1e3'],
    ['--port=-1'],
    ['--port='],
    ['--port', '1', '--port', '2'],
    ['--prot', '1'],
    ['8787'],
    ['--log-level', 'loud'],
    ['--limit', 'joinBurst'],
    ['--limit', 'joinBurst=0'],
    ['--limit', '__proto__=1'],
    ['--trusted-proxies', '11'],
  ])('refuses %s %s', (...args) => {
    expect(() => parseCommand(args)).toThrow(/^BAD_OPTION: /);
  });

  it.each([
    ['P2P_SIGNALING_PROT', '1'],
    ['P2P_SIGNALING_PORT', 'tcp://10.0.0.1:8787'],
    ['P2P_SIGNALING_LIMIT', 'joinBurst=1,x=2'],
  ])('refuses the variable %s=%s, and names it', (name, value) => {
    expect(() => parseCommand([], { [name]: value })).toThrow(new RegExp(`^BAD_OPTION: .*${name}`));
  });
});
