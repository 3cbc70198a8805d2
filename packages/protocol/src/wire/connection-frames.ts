/** Frames about the connection as a whole (SPEC.md §1.5). */
import { MAX_FEATURES, MAX_NAME_BYTES, NOISE_FRAME_BYTES, PROOF_FRAME_BYTES } from '../limits.ts';
import {
  BYE_CODES,
  type ByeFrame,
  type HelloFrame,
  type NoiseFrame,
  type PingFrame,
  type ProofFrame,
  type VersionFrame,
} from '../session/frames.ts';
import { hexByte } from './codes.ts';
import { MAGIC } from './frame-types.ts';
import { choice, fixed, type Layout, layout, list, text, uint } from './layout.ts';

const SESSION_BYTES = 16;
const MAX_TOKEN: number = 2 ** 32 - 1;

const AFTER_MAGIC: Layout<VersionFrame> = layout({ version: uint(1) });

/** The first byte of the magic is the frame's type byte: it has been written, or read, already. */
export const VERSION: Layout<VersionFrame> = {
  write(writer, frame) {
    for (const byte of MAGIC.slice(1)) writer.byte(byte);
    AFTER_MAGIC.write(writer, frame);
  },
  read(reader, type) {
    for (const expected of MAGIC.slice(1)) {
      const byte = reader.byte('magic');
      if (byte !== expected) reader.fail('magic', hexByte(expected), hexByte(byte));
    }
    return AFTER_MAGIC.read(reader, type);
  },
};

export const NOISE: Layout<NoiseFrame> = layout({ data: fixed(NOISE_FRAME_BYTES) });

export const PROOF: Layout<ProofFrame> = layout({ data: fixed(PROOF_FRAME_BYTES) });

export const HELLO: Layout<HelloFrame> = layout({
  session: fixed(SESSION_BYTES),
  time: uint(),
  features: list(text(MAX_NAME_BYTES), { min: 0, max: MAX_FEATURES, itemBytes: 1 }),
});

/** PONG too. */
export const PING: Layout<PingFrame> = layout({ token: uint(0, MAX_TOKEN) });

export const BYE: Layout<ByeFrame> = layout({ code: choice(BYE_CODES), text: text(MAX_NAME_BYTES) });
