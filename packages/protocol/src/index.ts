export * from './errors.ts';
export * from './json-object.ts';
export * from './limits.ts';
export * from './merge/canonical.ts';
export * from './merge/field-hashes.ts';
export * from './merge/fields-merge.ts';
export * from './merge/local-head.ts';
export { equalBytes } from './secrecy/bytes.ts';
export * from './secrecy/topic-secret.ts';
export * from './session/agreement.ts';
export * from './session/budget.ts';
export * from './session/comparison.ts';
export * from './session/connection.ts';
export * from './session/connection-types.ts';
export * from './session/cost.ts';
export * from './session/frames.ts';
export * from './session/handshake.ts';
export {
  DEAD_AFTER_MS,
  DOUBTED_AFTER_MS,
  nextLookAt,
  OWED_AFTER_MS,
  PING_AFTER_MS,
  STUCK_AFTER_MS,
} from './session/liveness.ts';
export * from './session/sync.ts';
export * from './session/sync-types.ts';
export * from './session/timing.ts';
export * from './version/base64url.ts';
export * from './version/clock.ts';
export * from './version/content-hash.ts';
export * from './version/dot.ts';
export * from './version/fingerprint.ts';
export * from './version/head.ts';
export * from './version/vector.ts';
export * from './wire/chunks.ts';
export {
  CHUNK_CODES,
  type ChunkCode,
  DECODE_CODES,
  type DecodeCode,
  ENCODE_CODES,
  type EncodeCode,
  type WireCode,
} from './wire/codes.ts';
export * from './wire/frames.ts';
export { encodedVersionBytes } from './wire/size.ts';
export * from './wire/text.ts';
