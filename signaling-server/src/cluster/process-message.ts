/**
 * What processes say to each other, as JSON on the channel of the one that is meant. Redis is ours, but another
 * release or program may write there too: what is not understood is dropped.
 */
import { isPeerId, isRoom, MAX_SIGNAL_LENGTH } from '@rxdb-p2p/protocol/signaling';
import { MAX_NOTICES_PER_MEMBER } from '../limits.ts';

export type ProcessMessage =
  /** `from`, a member of the sender's, has a signal for `to`, one of the receiver's */
  | {
      readonly kind: 'signal';
      readonly room: string;
      readonly from: string;
      readonly to: string;
      readonly data: string;
    }
  /** `listener`, a member of the sender's, was told of `subjects` of the receiver's, and wants to hear when they leave */
  | { readonly kind: 'met'; readonly room: string; readonly listener: string; readonly subjects: readonly string[] }
  /** `peer` of the sender's is not, or no longer, in the room; `listeners` of the receiver's were told of it */
  | { readonly kind: 'left'; readonly room: string; readonly peer: string; readonly listeners: readonly string[] };

export function encodeProcessMessage(message: ProcessMessage): string {
  return JSON.stringify(message);
}

export function parseProcessMessage(text: string): ProcessMessage | undefined {
  const fields = parseObject(text);
  if (fields === undefined || !isRoom(fields['room'])) return undefined;
  const { kind, room, from, to, data, listener, subjects, peer, listeners } = fields;
  switch (kind) {
    case 'signal':
      if (!isPeerId(from) || !isPeerId(to) || typeof data !== 'string' || data.length > MAX_SIGNAL_LENGTH) break;
      return { kind, room, from, to, data };
    case 'met':
      if (!isPeerId(listener) || !arePeerIds(subjects)) break;
      return { kind, room, listener, subjects };
    case 'left':
      if (!isPeerId(peer) || !arePeerIds(listeners)) break;
      return { kind, room, peer, listeners };
  }
  return undefined;
}

function parseObject(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as { readonly [name: string]: unknown }) : undefined;
  } catch {
    return undefined;
  }
}

function arePeerIds(input: unknown): input is readonly string[] {
  return Array.isArray(input) && input.length <= MAX_NOTICES_PER_MEMBER && input.every(isPeerId);
}
