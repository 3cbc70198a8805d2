/** Which rooms an admission opens. A room is `namespace/opaque id`; no pattern ever reaches behind the `/`. */

/** Entries of one list: a token is sent often, and each join reads it. */
export const MAX_NAMESPACES: number = 64;

/** A namespace as clients write it, where a `*` at the end stands for any rest of it. */
const NAMESPACE_PATTERN = /^(?:\*|[A-Za-z0-9._~-]{1,64}\*?)$/;

/** The list as it is, or undefined when it is none. */
export function parseNamespaces(input: unknown): readonly string[] | undefined {
  if (!Array.isArray(input) || input.length > MAX_NAMESPACES) return undefined;
  return input.every((name) => typeof name === 'string' && NAMESPACE_PATTERN.test(name)) ? [...input] : undefined;
}

/** @param namespaces undefined: every room */
export function opensRoom(namespaces: readonly string[] | undefined, room: string): boolean {
  if (namespaces === undefined) return true;
  const end = room.indexOf('/');
  if (end < 1) return false;
  const namespace = room.slice(0, end);
  return namespaces.some((name) => (name.endsWith('*') ? namespace.startsWith(name.slice(0, -1)) : namespace === name));
}
