/** Sizes and bounds of keys. Formats depend on the sizes; the bounds are checked whenever something is read. */

/** bytes of every symmetric key, XChaCha20-Poly1305's */
export const KEY_BYTES: number = 32;
/** bytes, XChaCha20-Poly1305's: long enough to be drawn at random for as many values as there will ever be */
export const NONCE_BYTES: number = 24;
/** bytes, Poly1305's */
export const TAG_BYTES: number = 16;
/** bytes of the random id of a database: part of all associated data, so that nothing moves between databases */
export const DATABASE_ID_BYTES: number = 16;
/** bytes of the random id of a data key: 64 bits are plenty for the few that a database ever has */
export const KEY_ID_BYTES: number = 8;
export const SLOT_ID_BYTES: number = 8;
export const SALT_BYTES: number = 16;

/** Passwords and recovery keys of one database. Every passphrase slot costs one scrypt when a database opens. */
export const MAX_SLOTS: number = 8;

/** scrypt: 128 MiB and about half a second in a browser (OWASP's recommendation of 2025). To be revisited yearly. */
export const SCRYPT_N: number = 2 ** 17;
/** What is read back: below is too cheap to guess, above (1 GiB) is a way to make a device hang. */
export const MIN_SCRYPT_N: number = 2 ** 17;
export const MAX_SCRYPT_N: number = 2 ** 20;
export const SCRYPT_R: number = 8;
export const SCRYPT_P: number = 1;

/** UTF-16 units after normalisation: RxDB's own plugin asks for as many. */
export const MIN_PASSPHRASE_LENGTH: number = 8;
/** UTF-16 units: longer ones are pasted by mistake, and would only cost time. */
export const MAX_PASSPHRASE_LENGTH: number = 4_096;
