/** Limits of a link, whatever carries it. */

/** The largest message that every browser takes when the other side does not say how much it takes, bytes (RFC 8841). */
export const DEFAULT_MESSAGE_BYTES: number = 64 * 1024;

/**
 * The largest message sent to a side that takes more, bytes: what Chromium accepts. Larger messages are a little faster
 * (256 KiB by half against 64 KiB), but delay everything behind them.
 */
export const MAX_MESSAGE_BYTES: number = 256 * 1024;

/** A side that takes less than every implementation does, bytes, only wants to make us cut frames into many pieces. */
export const MIN_MESSAGE_BYTES: number = 16 * 1024;

/** What `send` may leave waiting, bytes: Chromium's own queue, which throws when it is full. Then the link closes. */
export const MAX_QUEUED_BYTES: number = 16 * 1024 * 1024;

/** Received before anybody listens, bytes: a handshake and more. The owner of a link listens at once. */
export const MAX_EARLY_BYTES: number = 1024 * 1024;

/** What a closing link waits for its queue to be sent, milliseconds: `close` of a transport has two seconds. */
export const CLOSE_GRACE_MS: number = 1_000;
