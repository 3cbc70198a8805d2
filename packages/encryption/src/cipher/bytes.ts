/** Bytes: joined, with their lengths before them, and as base64 of which there is exactly one for the same bytes. */

const encoder = new TextEncoder();

export function utf8(text: string): Uint8Array {
  return encoder.encode(text);
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const all = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Each part behind its length, 4 bytes, little endian: no two lists of parts give the same bytes. */
export function framed(parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += 4 + part.length;
  const all = new Uint8Array(length);
  const view = new DataView(all.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    all.set(part, at + 4);
    at += 4 + part.length;
  }
  return all;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

export function hex(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i] ?? 0];
  return text;
}

/** What browsers since 2025 have, and TypeScript's library does not know yet. */
interface NativeBase64 {
  toBase64?(): string;
}
interface NativeBase64Constructor {
  fromBase64?(text: string, options: { readonly lastChunkHandling: 'strict' }): Uint8Array;
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** Standard base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  const native = (bytes as NativeBase64).toBase64;
  return native === undefined ? encodeBase64(bytes) : native.call(bytes);
}

/**
 * Undefined unless the text is the one base64 form of some bytes: other digits, wrong padding, spare bits that are set and
 * blanks (which browsers skip) are refused, so that no changed text can stand for the same bytes.
 */
export function fromBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const native = (Uint8Array as NativeBase64Constructor).fromBase64;
  const bytes = native === undefined ? decodeBase64(text) : decodeNatively(text, native);
  return bytes !== undefined && text.length === 4 * Math.ceil(bytes.length / 3) ? bytes : undefined;
}

function decodeNatively(
  text: string,
  native: NonNullable<NativeBase64Constructor['fromBase64']>,
): Uint8Array | undefined {
  try {
    return native.call(Uint8Array, text, { lastChunkHandling: 'strict' });
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const PAIRS: readonly string[] = Array.from({ length: 4_096 }, (_, i) => DIGITS.charAt(i >> 6) + DIGITS.charAt(i & 63));

export function encodeBase64(bytes: Uint8Array): string {
  const whole = bytes.length - (bytes.length % 3);
  let text = '';
  for (let i = 0; i < whole; i += 3) {
    const bits = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += (PAIRS[bits >> 12] ?? '') + (PAIRS[bits & 4_095] ?? '');
  }
  if (bytes.length - whole === 1) return `${text}${PAIRS[(bytes[whole] ?? 0) << 4]}==`;
  if (bytes.length - whole === 2) {
    const bits = ((bytes[whole] ?? 0) << 8) | (bytes[whole + 1] ?? 0);
    return `${text}${PAIRS[bits >> 4]}${DIGITS.charAt((bits & 15) << 2)}=`;
  }
  return text;
}

const NOT_A_DIGIT = 64;

const VALUES: Uint8Array = (() => {
  const values = new Uint8Array(128).fill(NOT_A_DIGIT);
  for (let i = 0; i < DIGITS.length; i++) values[DIGITS.charCodeAt(i)] = i;
  return values;
})();

export function decodeBase64(text: string): Uint8Array | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  const bytes = new Uint8Array((digits * 6) >> 3);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < digits; i++) {
    const value = VALUES[text.charCodeAt(i)] ?? NOT_A_DIGIT;
    if (value === NOT_A_DIGIT) return undefined;
    bits = ((bits << 6) | value) & 0xfff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = (bits >> held) & 255;
    }
  }
  // What is left over must be zero, and less than a digit.
  return held < 6 && (bits & ((1 << held) - 1)) === 0 ? bytes : undefined;
}
