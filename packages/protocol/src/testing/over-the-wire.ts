/** A frame as it arrives: encoded and decoded, in its one form. */
import type { SyncFrame } from '../session/sync-types.ts';
import { bytesEqual } from '../version/vector.ts';
import { decodeFrame, encodeFrame } from '../wire/frames.ts';

/** @param sent counts its bytes */
export function overTheWire(frame: SyncFrame, sent: { bytes: number }): SyncFrame {
  const bytes = encodeFrame({ ...frame, channel: 1 });
  sent.bytes += bytes.length;
  const { channel: _, ...decoded } = decodeFrame(bytes) as SyncFrame & { channel: number };
  if (!bytesEqual(encodeFrame({ ...(decoded as SyncFrame), channel: 1 }), bytes))
    throw new Error('a frame has two forms');
  return decoded as SyncFrame;
}
