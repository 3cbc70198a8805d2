/** Every limit of the protocol, with its unit and its reason. A peer that exceeds one ends its own connection. */

/** Raised when a peer of the previous version could not take part. */
export const PROTOCOL_VERSION: number = 3;

/**
 * A frame after reassembly, bytes: whatever one version within the limits below takes (a body of 8 MiB, 4.3 MiB of
 * field clocks) and a claim of 1.5 MiB, so that every version can travel. Chromium's send queue holds 16 MiB. Revisit
 * with attachments.
 */
export const MAX_FRAME_BYTES: number = 14 * 1024 * 1024;

/** JSON text of one document in UTF-8, bytes. Above it a version travels as envelope only. */
export const MAX_BODY_BYTES: number = 8 * 1024 * 1024;

/**
 * Nesting of a document that can be shown, levels, the document itself being the first; deeper ones make recursive code of
 * others overflow. Content hashes look no deeper.
 */
export const MAX_CONTENT_DEPTH: number = 64;

/** Ranges of ids that one side of a repair asks to compare at once: 65,536 documents, 30 KiB with ids of 20 bytes. */
export const MAX_COMPARED_RANGES: number = 1_024;

/** Digests of documents in one answer of a repair: 120 KiB with ids of 20 bytes, 8 MiB with the longest. */
export const MAX_DIGESTS: number = 4_096;

/** Documents that a repair asks for at once; what comes is of the size of a batch. */
export const MAX_FETCHED_IDS: number = 256;

/** Versions in one frame: a count that a hostile length cannot raise into a large allocation. */
export const MAX_VERSIONS_PER_FRAME: number = 10_000;

/** Entries of a vector on the wire: incarnations of all devices that ever wrote. 65,536 entries are 1.5 MiB at most. */
export const MAX_VECTOR_ENTRIES: number = 65_536;

/** Actors in one document's past: those who wrote this document. */
export const MAX_PAST_ENTRIES: number = 4_096;

/** Fields with a clock of their own in one version. */
export const MAX_FIELD_CLOCKS: number = 4_096;

/**
 * Entries of pasts and field clocks in one frame: two bytes can name one, and memory takes 50 times as much. What is cut into
 * frames by its cost (SYNC-11) has 175,000 at most.
 */
export const MAX_HISTORY_ENTRIES_PER_FRAME: number = 262_144;

/** UTF-8 bytes of a document id; RxDB's maxLength of a primary key is in this order. */
export const MAX_ID_BYTES: number = 2_048;

/** UTF-8 bytes of a field name. */
export const MAX_FIELD_NAME_BYTES: number = 1_024;

/** UTF-8 bytes of any other string of a frame: names of collections, rooms, features, error texts. */
export const MAX_NAME_BYTES: number = 512;

/** Names of optional abilities in HELLO. */
export const MAX_FEATURES: number = 64;

/** One message of the Noise handshake without a payload, bytes: an ephemeral key and a tag. */
export const NOISE_FRAME_BYTES: number = 48;

/** The proof of a replica, bytes: Ed25519 key, signature, and a tag. */
export const PROOF_FRAME_BYTES: number = 112;

/** What an unknown peer can make us hold before it has shown that it has the topic's key, bytes: the longest BYE and more. */
export const MAX_UNPROVEN_FRAME_BYTES: number = 1_024;

/** Channels that one side may open on a connection: collections times topics. */
export const MAX_CHANNELS: number = 256;

/** What an author may push to a neighbour ahead of its acknowledgements, bytes (ARCHITECTURE §5). */
export const PUSH_CREDIT_BYTES: number = 256 * 1024;
