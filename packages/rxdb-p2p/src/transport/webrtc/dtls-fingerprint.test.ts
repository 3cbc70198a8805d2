import { sha256 } from '@noble/hashes/sha2.js';
import { P2PError } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import { fingerprintIn, fingerprintsOf } from './dtls-fingerprint.ts';

const CERTIFICATE = Uint8Array.from({ length: 300 }, (_, i) => i & 255);
const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(':');
const ONE = hexOf(sha256(CERTIFICATE));
const OTHER = hexOf(sha256(new Uint8Array(1)));
const sdp = (...lines: string[]): string =>
  ['v=0', 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel', ...lines, 'a=mid:0', ''].join('\r\n');
const line = (fingerprint: string, kind = 'sha-256'): string => `a=fingerprint:${kind} ${fingerprint}`;

const code = (result: unknown): string => (result instanceof P2PError ? result.code : 'none');

describe('[LINK-4] the fingerprint of a description', () => {
  it('is the one that is there, whatever its letters', () => {
    for (const good of [
      sdp(line(ONE)),
      sdp(line(ONE), line(ONE.toLowerCase(), 'SHA-256')),
      sdp(line(ONE)).replaceAll('\r', ''),
    ])
      expect(fingerprintIn(good)).toEqual(sha256(CERTIFICATE));
  });

  it.each([
    ['none', sdp()],
    ['another one beside', sdp(line(ONE), line(OTHER))],
    ['another one of another kind', sdp(line(ONE), line(OTHER.slice(0, 59), 'sha-1'))],
    ['another one, longer', sdp(line(ONE), line(`${ONE}:${ONE}`, 'sha-512'))],
    ['one that is none', sdp(line(ONE), 'a=fingerprint:')],
    ['one of another kind alone', sdp(line(`${ONE}:${ONE}`, 'sha-512'))],
    ['one that is too short', sdp(line(ONE.slice(3)))],
    [
      'capital letters for the attribute of a second',
      sdp(line(ONE), line(OTHER).replace('fingerprint', 'FINGERPRINT')),
    ],
  ])('is refused: %s', (_, text) => {
    expect(code(fingerprintIn(text))).toBe('FINGERPRINT_REFUSED');
  });
});

describe('[LINK-4] the fingerprints of a connection', () => {
  const described = {
    currentLocalDescription: { sdp: sdp(line(OTHER)) },
    currentRemoteDescription: { sdp: sdp(line(ONE)) },
  };

  it('are those of its current descriptions', () => {
    const expected = { own: sha256(new Uint8Array(1)), remote: sha256(CERTIFICATE) };
    expect(fingerprintsOf(described)).toEqual(expected);
    const { currentLocalDescription: localDescription, currentRemoteDescription: remoteDescription } = described;
    expect(fingerprintsOf({ localDescription, remoteDescription })).toEqual(expected);
    expect(code(fingerprintsOf({}))).toBe('FINGERPRINT_REFUSED');
  });

  it('have to be those of the certificate that the browser has seen', () => {
    const seen = (bytes: Uint8Array) => ({
      ...described,
      sctp: { transport: { getRemoteCertificates: () => [bytes.slice().buffer] } },
    });
    expect(code(fingerprintsOf(seen(CERTIFICATE)))).toBe('none');
    expect(code(fingerprintsOf(seen(new Uint8Array(0))))).toBe('none');
    expect(code(fingerprintsOf(seen(CERTIFICATE.slice(1))))).toBe('FINGERPRINT_DIFFERS');
  });
});
