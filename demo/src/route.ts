/** Which list the address names, and which ones this device has opened before. */

/** Longest name of a list, characters. */
export const LIST_NAME_CHARACTERS = 60;

/** Names of lists kept for the start page: as many as fit a screen. */
const RECENT_LISTS = 12;
const RECENT_KEY = 'recent-lists';

/** The start page: no list's hash begins with a slash. */
export const START_HASH = '#/';

/** Everybody has to arrive at the same name, however they typed it. */
export function listName(typed: string): string {
  return typed
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/\s+/g, '-')
    .replace(/^\/+/, '')
    .slice(0, LIST_NAME_CHARACTERS);
}

export function listFromHash(hash: string): string {
  const text = hash.replace(/^#\/*/, '');
  try {
    return listName(decodeURIComponent(text));
  } catch {
    // Not an encoding of anything: somebody typed a per cent sign, so it is part of the name.
    return listName(text);
  }
}

export function listHash(name: string): string {
  return `#${encodeURIComponent(name)}`;
}

/** `weekend-trip` as a title: `Weekend trip`. */
export function listTitle(name: string): string {
  const words = name.replaceAll('-', ' ').trim();
  return words === '' ? name : words.charAt(0).toUpperCase() + words.slice(1);
}

export function recentLists(storage: Storage = localStorage): readonly string[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(RECENT_KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter((name): name is string => typeof name === 'string') : [];
  } catch {
    // Only a convenience: an unreadable entry is replaced when the next list is opened.
    return [];
  }
}

export function rememberList(name: string, storage: Storage = localStorage): void {
  const kept = [name, ...recentLists(storage).filter((other) => other !== name)].slice(0, RECENT_LISTS);
  storage.setItem(RECENT_KEY, JSON.stringify(kept));
}
