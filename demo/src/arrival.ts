/**
 * An invitation arrives in the fragment of the address, which no server is sent. This file imports nothing and is the first
 * to run, so that the invitation has left the address before other code, a library or a copied address could carry it on.
 */
const INVITATION = '#join?';

/** The text of the invitation that the page was opened with; undefined: with none. */
export function takeArrival(): string | undefined {
  const { hash, pathname, search } = location;
  if (!hash.startsWith(INVITATION)) return undefined;
  history.replaceState(null, '', `${pathname}${search}#/`);
  return hash.slice(INVITATION.length);
}
