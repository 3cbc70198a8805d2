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
