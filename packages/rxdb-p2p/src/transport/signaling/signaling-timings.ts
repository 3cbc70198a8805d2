/** How long the signaling server is waited for, and how often it is tried again: known before anything of it is loaded. */
import type { BackoffOptions } from '../backoff.ts';

export interface SignalingTimings {
  /** One attempt, from its first byte to a socket that can join. */
  readonly connectTimeoutMs: number;
  readonly answerTimeoutMs: number;
  readonly retry: BackoffOptions;
  /** After a connection that lasted so long the next failure counts as the first again. */
  readonly stableMs: number;
  /** When a first attempt takes so long we ask over HTTP what there is. */
  readonly suspiciousMs: number;
  /** An answer, when the network may have changed; an attempt that has gone on for so long is made anew. */
  readonly wakeAnswerMs: number;
}

export const SIGNALING_TIMINGS: SignalingTimings = {
  connectTimeoutMs: 10_000,
  answerTimeoutMs: 10_000,
  retry: { minMs: 500, maxMs: 5_000 },
  stableMs: 10_000,
  suspiciousMs: 2_000,
  wakeAnswerMs: 2_000,
};
