/**
 * How long tabs wait for each other. Together these keep a takeover from a stopped tab below 5 s: the beat before the stop
 * may be as old as it is new, then `SILENT_TICKS`, one tick, the hesitation, and the start of a session.
 */

/** Between two beats of the leader, milliseconds: what browsers leave to the timers of a hidden page. */
export const BEAT_MS = 1_000;
/** A leader whose beat is later than this has been stopped, and makes sure that it still leads, milliseconds. */
export const LATE_BEAT_MS = 2_000;
/** How often a follower looks how long the leader has been silent, milliseconds. */
export const TICK_MS = 500;
/** Ticks without a beat after which the leader is asked for a sign of life: messages arrive where timers are throttled. */
export const ASK_AFTER_TICKS = 3;
/**
 * Ticks without a beat after which a visible tab takes the lead away. Fewer, and a page that computes for a while loses it,
 * which costs new connections to all peers.
 */
export const SILENT_TICKS = 6;
/** The same for a hidden tab: those that are looked at come first. */
export const SILENT_TICKS_HIDDEN = 20;
/** The longest time that tabs let each other go first, milliseconds. */
export const HESITATION_MS = 300;
/** Ticks that a leader may be hidden before a visible tab asks for the lead: whoever looks through tabs moves nothing. */
export const HIDDEN_LEADER_TICKS = 10;
/** How long a tab that asked for the lead has to take it, milliseconds; then it goes to whoever waits. */
export const HANDOVER_MS = 2_000;
