/** Node's module hook: what a module of a realm imports belongs to that realm, too, where it is RxDB or this repository's. */
import type { ResolveHook } from 'node:module';

const isShared = (url: string): boolean => url.includes('/node_modules/') && !url.includes('/node_modules/rxdb/');

export const resolve: ResolveHook = async (specifier, context, next) => {
  const resolved = await next(specifier, context);
  const realm = context.parentURL === undefined ? null : new URL(context.parentURL).searchParams.get('realm');
  if (realm === null || !resolved.url.startsWith('file:') || isShared(resolved.url)) return resolved;
  const url = new URL(resolved.url);
  url.searchParams.set('realm', realm);
  return { ...resolved, url: url.href };
};
