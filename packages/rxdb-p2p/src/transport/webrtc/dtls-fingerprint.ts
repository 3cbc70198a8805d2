/**
 * The certificate of each end of a peer connection, by its SHA-256 (RFC 8122): as each side's description has it, and as the
 * connection itself has seen it, where the browser tells.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, P2PError } from '@rxdb-p2p/protocol';
import type { LinkFingerprints } from '../port.ts';

const LINES = /^a=fingerprint:(.*?)\r?$/gim;
const SHA_256 = /^sha-256 ((?:[0-9a-f]{2}:){31}[0-9a-f]{2})\s*$/i;

/**
 * The one fingerprint of a description. A second one, of whatever kind, would be a second certificate that the connection may
 * turn out to have, and that nobody has compared.
 *
 * @returns P2PError `FINGERPRINT_REFUSED`
 */
export function fingerprintIn(sdp: string): Uint8Array | P2PError {
  const values = [...sdp.matchAll(LINES)].map(([, value = '']) => SHA_256.exec(value)?.[1]?.toLowerCase());
  const [only] = values;
  if (only !== undefined && values.every((value) => value === only)) {
    return Uint8Array.from(only.split(':'), (byte) => Number.parseInt(byte, 16));
  }
  return new P2PError('FINGERPRINT_REFUSED', 'a description names other certificates than one', {
    expected: 'one fingerprint, by sha-256',
    got: `${values.length}, ${new Set(values).size} of them different`,
    hint: 'whoever sent it, or changed it on the way, has prepared for somebody in between',
  });
}

/** What of an RTCPeerConnection is looked at; not every implementation has all of it. */
export interface DescribedConnection {
  readonly localDescription?: { readonly sdp?: string } | null;
  readonly remoteDescription?: { readonly sdp?: string } | null;
  readonly currentLocalDescription?: { readonly sdp?: string } | null;
  readonly currentRemoteDescription?: { readonly sdp?: string } | null;
  readonly sctp?: { readonly transport?: { getRemoteCertificates?(): readonly ArrayBuffer[] } | null } | null;
}

/** Of an open connection. @returns P2PError `FINGERPRINT_REFUSED`, `FINGERPRINT_DIFFERS` */
export function fingerprintsOf(connection: DescribedConnection): LinkFingerprints | P2PError {
  const own = fingerprintIn((connection.currentLocalDescription ?? connection.localDescription)?.sdp ?? '');
  const remote = fingerprintIn((connection.currentRemoteDescription ?? connection.remoteDescription)?.sdp ?? '');
  if (own instanceof P2PError) return own;
  if (remote instanceof P2PError) return remote;
  const [certificate] = connection.sctp?.transport?.getRemoteCertificates?.() ?? [];
  // Some implementations have the method, and give an empty certificate.
  const isTold = certificate !== undefined && certificate.byteLength > 0;
  if (!isTold || equalBytes(sha256(new Uint8Array(certificate)), remote)) return { own, remote };
  return new P2PError('FINGERPRINT_DIFFERS', 'the certificate of the connection is not the one that was described', {
    hint: 'somebody is in between, or the browser is at fault',
  });
}
