/** The first byte of every frame (SPEC.md §1.4), and what VERSION begins with. */
import type { FrameType } from '../session/frames.ts';

/** `RXP2P`: what tells a VERSION frame from garbage, in this and every later version of the protocol. */
export const MAGIC: readonly number[] = [0x52, 0x58, 0x50, 0x32, 0x50];

export const FRAME_TYPE_BYTES: { readonly [Type in FrameType]: number } = {
  version: 0x52,
  hello: 0x01,
  open: 0x02,
  refuse: 0x03,
  close: 0x04,
  have: 0x05,
  want: 0x06,
  credit: 0x07,
  entries: 0x08,
  push: 0x09,
  ping: 0x0a,
  pong: 0x0b,
  bye: 0x0c,
  compare: 0x0d,
  differ: 0x0e,
  fetch: 0x0f,
  noise: 0x10,
  proof: 0x11,
};
