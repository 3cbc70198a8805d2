/** How this device's copy is opened, known before anything of it is. */

export const KEY_ITEM = 'device-key';
export const PASSWORD_ITEM = 'has-password';

/** `new`: there is no copy yet. `key`: a random key lies beside it. `password`: somebody has to type one. */
export type Protection = 'new' | 'key' | 'password';

export function protection(): Protection {
  if (localStorage.getItem(PASSWORD_ITEM) !== null) return 'password';
  return localStorage.getItem(KEY_ITEM) === null ? 'new' : 'key';
}
