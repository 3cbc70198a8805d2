/**
 * What a person sends to somebody who helps. It has no secret: no topic, no key, no note, no name of a person, a device or a
 * board, no network address, and no text of an error, which might have one of them. Only what is listed here gets in.
 */

import type { Finding } from './diagnose.ts';
import type { Facts } from './facts.ts';

/** Characters of a replica's id that tell a handful of devices apart. */
const ID_CHARACTERS = 4;

export function report(facts: Facts, findings: readonly Finding[], at: Date, userAgent: string): string {
  const { status, codes } = facts;
  const lines = [
    `Boards, connection report of ${at.toISOString()}`,
    `browser: ${userAgent}`,
    `board code: ${facts.roomCode}`,
    '',
    ...findings.map(({ id, state }) => `${state.padEnd(8)} ${id}`),
    '',
    `network: ${facts.online ? 'yes' : 'no'}; server: ${facts.server}; self test: ${facts.selfTest ?? 'no WebRTC'}`,
    `addresses: ${facts.addresses.join(', ') || 'none'}; stun: ${facts.hasStun}; turn: ${facts.hasTurn}`,
    `clock: ${facts.clockOffsetMs === undefined ? 'not known' : `${Math.round(facts.clockOffsetMs / 1000)} s`}; storage kept: ${facts.persisted ?? 'not known'}`,
    `phase: ${status?.phase ?? 'none'}; reason: ${status?.notInSync ?? 'none'}; problem: ${status?.problem?.code ?? 'none'}`,
    `waiting: ${status?.writesWaiting ?? 0}; contested: ${status?.conflicts ?? 0}; kept aside: ${status?.quarantined ?? 0}`,
    `problems so far: ${codes.join(', ') || 'none'}`,
    ...(status?.peers ?? []).map(
      (peer) =>
        `device ${peer.replica.slice(0, ID_CHARACTERS)}: ${peer.phase} ${peer.code ?? ''} ${peer.route ?? ''} ` +
        `${Math.round(peer.roundTripMs ?? 0)} ms, to send ${peer.documentsToSend}, to receive ${peer.documentsToReceive}`,
    ),
  ];
  return lines.join('\n');
}
