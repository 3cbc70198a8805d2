/** Bytes as the constructions of this folder put them together. Every part has a fixed length or says how long it is. */

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Big-endian. */
export function uint16(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value & 0xff);
}

export function uint32(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

/** Its length in two bytes, then the text: so that `a` ‖ `bc` is never `ab` ‖ `c`. At most 65,535 bytes. */
export function prefixed(text: string): Uint8Array {
  const bytes = utf8(text);
  if (bytes.length > 0xffff) throw new TypeError(`at most 65535 bytes of text, got ${bytes.length}`);
  return concat(uint16(bytes.length), bytes);
}

/** In a time that depends on the lengths alone. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

/** A bug of ours, never of a peer. */
export function expectLength(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length) throw new TypeError(`${what}: expected ${length} bytes, got ${bytes.length}`);
}
