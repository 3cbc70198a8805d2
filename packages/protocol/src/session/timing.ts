/** Times of a sync session, in milliseconds, and credits, in bytes. */

/** Acknowledgements of one burst of writes go out together. Shorter than anybody notices. */
export const HAVE_DELAY_MS: readonly [number, number] = [10, 30];

/**
 * A neighbour that lacks what another one announced waits this long for its author's push, so that a body crosses
 * the pool about N − 1 times. Longer than a push over a slow link takes to arrive after the announcement.
 */
export const ASK_DELAY_MS: readonly [number, number] = [100, 300];

/** A neighbour that is asked and sends nothing for this long is given up for another. A batch takes well under 1 s. */
export const PULL_STALLED_MS: number = 20_000;

/**
 * A neighbour that brings less than this in as long, though it is asked, gives way to another one that has what is lacking,
 * milliseconds and bytes: one that sends a little now and then must not keep us from the others.
 */
export const PACE_MS: number = 20_000;
export const MIN_PACE_BYTES: number = 16 * 1024;

/** A neighbour that did not send what it says to have rests this long, twice as long each time, milliseconds. */
export const REST_BEAT_MS: number = 1_000;
export const MAX_REST_BEATS: number = 300;

/** How often in a row a neighbour may not send what it says to have, before it is not asked any more. */
export const MAX_FRUITLESS: number = 8;
/** From which of these times on it is told: once, it may have taken back in good faith what its storage has lost. */
export const TOLD_FRUITLESS: number = 2;

/**
 * Credit of a pull: batches under way between reading there and writing here. Bounds memory on both sides, and what is sent
 * again after an interruption: two or three batches, so that one is written while others are on their way. At a round trip
 * of 50 ms that is 10 MB/s, about what a browser's storage takes.
 */
export const PULL_CREDIT_BYTES: number = 512 * 1024;

/**
 * Two replicas that differ under equal vectors are compared after this time, if they still do: longer than a HAVE takes.
 * It doubles with each time that did not end it, up to 2^MAX_REPAIR_DOUBLINGS: 4 to 9 minutes.
 */
export const REPAIR_DELAY_MS: readonly [number, number] = [1_000, 2_000];
export const MAX_REPAIR_DOUBLINGS: number = 8;

/** What no vector covers may be on its way with its author: he has this long to bring the rest of it, milliseconds. */
export const STRAND_DELAY_MS: readonly [number, number] = [30_000, 60_000];

/** A neighbour that does not answer a question of a repair for this long is given up, as in a pull. */
export const REPAIR_STALLED_MS: number = 20_000;

/** Cost of the versions in one frame; a character takes up to three bytes, and a frame MAX_FRAME_BYTES. */
export const ENTRIES_FRAME_COST: number = 4 * 1024 * 1024;

/**
 * Whoever has credit left sends one more batch, and a batch has all concurrent versions of its last document: how far
 * that may go before it is an attack. Eight versions of the largest document.
 */
export const MAX_OVERDRAFT_BYTES: number = 64 * 1024 * 1024;
