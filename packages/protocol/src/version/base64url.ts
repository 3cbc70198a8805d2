/** Base64url without padding (RFC 4648 §5). */
const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

export function base64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const a = bytes[i] ?? 0;
    const b = bytes[i + 1] ?? 0;
    const c = bytes[i + 2] ?? 0;
    text += DIGITS.charAt(a >> 2) + DIGITS.charAt(((a & 3) << 4) | (b >> 4));
    if (i + 1 < bytes.length) text += DIGITS.charAt(((b & 15) << 2) | (c >> 6));
    if (i + 2 < bytes.length) text += DIGITS.charAt(c & 63);
  }
  return text;
}

/** @throws TypeError on a character that is not of the alphabet, or a length that no bytes have */
export function fromBase64url(text: string): Uint8Array {
  if (text.length % 4 === 1) throw new TypeError(`base64url: no bytes have ${text.length} characters`);
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const digit = DIGITS.indexOf(character);
    if (digit < 0) throw new TypeError('base64url: expected A–Z a–z 0–9 - _');
    held = ((held << 6) | digit) & 0x3fff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 0xff;
  }
  return bytes;
}
