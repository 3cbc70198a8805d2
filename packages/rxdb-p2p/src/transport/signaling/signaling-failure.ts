/** Why there is no signaling, in words for the person who has to do something about it. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { ByeMessage } from '@rxdb-p2p/protocol/signaling';
import type { ProbeResult } from './signaling-probe.ts';

/** Of a text that the server wrote, characters that are shown. */
const MAX_SHOWN_TEXT = 200;

export function probeFailure(origin: string, result: ProbeResult): P2PError {
  switch (result) {
    case 'other':
      return new P2PError('SIGNALING_NOT_FOUND', `${origin} answers, but it is not a signaling server`, {
        expected: 'an rxdb-p2p signaling server',
        hint:
          'start one (npx rxdb-p2p-signaling) and name it in the option `signaling` (`signalingServerUrl`); ' +
          'new attempts go on',
      });
    case 'signaling':
      return unreachable(origin, 'the server is there, but the WebSocket to it fails', [
        'a proxy before it has to pass WebSockets on, and the server has to allow the origin of this page',
      ]);
    case 'down':
      return unreachable(origin, 'a proxy answers, but the server behind it does not', []);
    case 'nothing':
      return unreachable(origin, 'no answer', []);
  }
}

/** @param got what was seen instead of a connection */
export function unreachable(origin: string, got: string, hints: readonly string[]): P2PError {
  const check = 'start it (rxdb-p2p-signaling), or check the option `signaling`: host, port, http or https';
  const steps = [...hints, ...mixedContent(origin), check, 'new attempts go on, and connected peers stay connected'];
  return new P2PError('SIGNALING_UNREACHABLE', `no connection to the signaling server at ${origin}`, {
    got,
    hint: steps.join('; '),
  });
}

/** @param why where the server has said it in a way that this client knows */
export function refusedBy(origin: string, text: string, why: ByeMessage | undefined): P2PError {
  const message = `the signaling server at ${origin} does not let this client in`;
  const got = JSON.stringify((why?.message ?? text).slice(0, MAX_SHOWN_TEXT));
  const hint = why?.code === 'TOKEN_REQUIRED' ? 'give the option `getToken`; new attempts go on' : 'new attempts go on';
  if (why !== undefined) return new P2PError(why.code, message, { got, hint });
  return new P2PError('SIGNALING_REFUSED', message, { got, hint });
}

/** The server has ended the connection, and said why. */
export function endedBy(origin: string, { code, message }: ByeMessage): P2PError {
  return new P2PError(code, `the signaling server at ${origin} has ended the connection`, {
    got: JSON.stringify(message.slice(0, MAX_SHOWN_TEXT)),
    hint: 'new attempts go on',
  });
}

export function badAnswer(origin: string, request: string): P2PError {
  return new P2PError('SIGNALING_BAD_ANSWER', `the server at ${origin} does not speak this signaling protocol`, {
    expected: `an answer to \`${request}\` as rxdb-p2p's signaling server gives it`,
    got: 'something else',
    hint: 'use a server of the same release as the client; new attempts go on',
  });
}

function mixedContent(origin: string): readonly string[] {
  const page = globalThis.location?.protocol;
  return page === 'https:' && origin.startsWith('http:')
    ? ['a page served over https may connect to https (wss) servers only']
    : [];
}
