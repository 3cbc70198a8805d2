/** Which view the address names. Addresses have ids of boards, which are no secret. */
export type Route =
  | { readonly view: 'home' }
  | { readonly view: 'settings' }
  | { readonly view: 'board'; readonly id: string }
  | { readonly view: 'devices'; readonly id: string };

export const HOME = '#/';
export const SETTINGS = '#/settings';

export function boardHash(id: string): string {
  return `#/board/${id}`;
}

export function devicesHash(id: string): string {
  return `#/board/${id}/devices`;
}

export function readRoute(hash: string): Route {
  if (hash === SETTINGS) return { view: 'settings' };
  const [, id, devices] = /^#\/board\/([0-9a-f]{16})(\/devices)?$/.exec(hash) ?? [];
  if (id === undefined) return { view: 'home' };
  return { view: devices === undefined ? 'board' : 'devices', id };
}
