import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeSignal, encodeSignal, MAX_CONTENT_BYTES, type Signal, type SignalBody } from './signal-codec.ts';

const names = { instance: 'instance00000000000000', connection: 'connection000000000000' };
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const bodies: readonly SignalBody[] = [
  { kind: 'hello' },
  { kind: 'present' },
  { kind: 'leave' },
  { kind: 'bye', why: 'busy' },
  { kind: 'offer', sdp: 'v=0\r\n' },
  { kind: 'offer', sdp: 'v=0\r\n', insist: true },
  { kind: 'answer', sdp: 'v=0\r\na=max-message-size:262144\r\n' },
  {
    kind: 'candidate',
    candidate: 'candidate:1 1 udp 2122260223 192.0.2.1 46154 typ host generation 0 ufrag a network-id 1',
    sdpMid: '0',
    sdpMLineIndex: 0,
  },
  {
    kind: 'candidate',
    candidate: 'a=candidate:2 1 UDP 2116026111 fd00::2 60928 typ host',
    sdpMid: '0',
    sdpMLineIndex: null,
  },
  {
    kind: 'candidate',
    candidate: 'candidate:3 1 tcp 1 0d3b-4b.local 9 typ srflx raddr 0.0.0.0 rport 0 tcptype active',
    sdpMid: null,
    sdpMLineIndex: 0,
  },
];

describe('signal codec', () => {
  it.each(bodies.map((body) => [body.kind, body] as const))('carries %s', (_, body) => {
    const signal: Signal = { ...body, ...names };
    expect(decodeSignal(encodeSignal(signal) ?? bytesOf(''), names.connection)).toEqual(signal);
  });

  it('says that a signal is too long for a seal', () => {
    expect(encodeSignal({ kind: 'offer', sdp: 'v'.repeat(MAX_CONTENT_BYTES), ...names })).toBeUndefined();
    const longest = encodeSignal({ kind: 'offer', sdp: 'v'.repeat(MAX_CONTENT_BYTES - 200), ...names });
    expect(longest?.length).toBeLessThanOrEqual(MAX_CONTENT_BYTES);
  });

  const broken: readonly (readonly [string, string])[] = [
    ['nothing', ''],
    ['no JSON', '{'],
    ['null', 'null'],
    ['a list', '[]'],
    ['another version', JSON.stringify({ v: 1, kind: 'hello', ...names })],
    ['an unknown kind', JSON.stringify({ v: 2, kind: 'constructor', ...names })],
    ['no instance', JSON.stringify({ v: 2, kind: 'hello', connection: names.connection })],
    ['a long instance', JSON.stringify({ v: 2, kind: 'hello', ...names, instance: 'x'.repeat(23) })],
    ['an instance that is none', JSON.stringify({ v: 2, kind: 'hello', ...names, instance: { length: 22 } })],
    ['an offer without a description', JSON.stringify({ v: 2, kind: 'offer', ...names })],
    ['a description of another kind', JSON.stringify({ v: 2, kind: 'offer', sdp: '<html>', ...names })],
    ['a reason of its own', JSON.stringify({ v: 2, kind: 'bye', why: 'toString', ...names })],
    ['too much', JSON.stringify({ v: 2, kind: 'offer', sdp: `v=0${'x'.repeat(MAX_CONTENT_BYTES)}`, ...names })],
    ...[
      { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ other', sdpMid: '0', sdpMLineIndex: 0 },
      { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host\r\na=setup:active', sdpMid: '0', sdpMLineIndex: 0 },
      { candidate: '', sdpMid: '0', sdpMLineIndex: 0 },
      { candidate: 'candidate:1 1 udp 1 192.0.2.1 1 typ host', sdpMid: 7, sdpMLineIndex: 99 },
      { candidate: `candidate:1 1 udp 1 192.0.2.1 1 typ host ${'x'.repeat(1_024)}`, sdpMid: '0', sdpMLineIndex: 0 },
    ].map(
      (candidate) => ['a bad candidate', JSON.stringify({ v: 2, kind: 'candidate', ...candidate, ...names })] as const,
    ),
  ];
  it.each(broken)('drops %s', (_, text) => {
    expect(decodeSignal(bytesOf(text), names.connection)).toBeUndefined();
  });

  it('never throws, and returns only what it knows', () => {
    const part = fc.oneof(fc.anything(), fc.constantFrom('hello', 'offer', 'candidate', 'v=0', 1, names.instance));
    const object = fc.record(
      { v: fc.constant(2), kind: part, instance: part, connection: part, sdp: part, candidate: part, sdpMid: part },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          object.map((value) => JSON.stringify(value) ?? ''),
        ),
        (text) => {
          const signal = decodeSignal(bytesOf(text), names.connection);
          return signal === undefined || (signal.instance === names.instance && encodeSignal(signal) !== undefined);
        },
      ),
      { numRuns: 500 },
    );
  });
});
