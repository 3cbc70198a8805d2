/** What a step of a connection comes to: frames to send, and the end. */
import { clipText } from '../wire/text.ts';
import type { ConnectionEffect, ConnectionState } from './connection-types.ts';
import type { ByeCode, Frame } from './frames.ts';

export type Step = readonly [ConnectionState, readonly ConnectionEffect[]];

export function sendAll(frames: readonly Frame[]): ConnectionEffect[] {
  return frames.map((frame) => ({ type: 'send', frame }));
}

/** [CONN-7] The other side is told why, in any phase. */
export function end(state: ConnectionState, code: ByeCode, text: string): Step {
  return [
    { ...state, phase: 'closed' },
    [
      { type: 'send', frame: { type: 'bye', code, text: clipText(text) } },
      { type: 'end', code, text, byPeer: false },
    ],
  ];
}
