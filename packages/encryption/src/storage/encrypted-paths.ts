/** Which parts of a document are encrypted: taken out of it, and put back. */

export type Json = Readonly<Record<string, unknown>>;

export interface EncryptedPaths {
  /** dotted, without those inside others */
  readonly paths: readonly string[];
  /** The document without them, and what was there, by path. Shares what it does not change. */
  takeOut(document: Json): { readonly rest: Record<string, unknown>; readonly values: Record<string, unknown> };
  /** Changes `rest`, which must be the caller's own. False: something else stands in the way. */
  putBack(rest: Record<string, unknown>, values: Json): boolean;
}

/** Name to what is below it; undefined: all of it is encrypted. */
type Tree = ReadonlyMap<string, Tree | undefined>;

export function createEncryptedPaths(encrypted: readonly string[]): EncryptedPaths {
  const paths = [...new Set(encrypted)].filter((path) => !encrypted.some((other) => path.startsWith(`${other}.`)));
  const tree = treeOf(paths.map((path) => path.split('.')));
  const take = (object: Json, below: Tree, prefix: string, values: Record<string, unknown>) => {
    const rest: Record<string, unknown> = {};
    for (const name of Object.keys(object)) {
      const value = object[name];
      if (!below.has(name)) {
        rest[name] = value;
        continue;
      }
      const deeper = below.get(name);
      if (deeper === undefined) {
        if (value !== undefined) values[prefix + name] = value;
      } else rest[name] = isObject(value) ? take(value, deeper, `${prefix}${name}.`, values) : value;
    }
    return rest;
  };
  return {
    paths,
    takeOut(document) {
      const values: Record<string, unknown> = {};
      return { rest: take(document, tree, '', values), values };
    },
    putBack(rest, values) {
      for (const path of Object.keys(values)) {
        if (!paths.includes(path) || !put(rest, path.split('.'), values[path])) return false;
      }
      return true;
    },
  };
}

function treeOf(paths: readonly (readonly string[])[]): Tree {
  const tree = new Map<string, Tree | undefined>();
  for (const [name] of paths) {
    if (name === undefined || tree.has(name)) continue;
    const below = paths.filter((path) => path[0] === name).map((path) => path.slice(1));
    tree.set(name, below.some((path) => path.length === 0) ? undefined : treeOf(below));
  }
  return tree;
}

function put(object: Record<string, unknown>, [name, ...below]: readonly string[], value: unknown): boolean {
  if (name === undefined) return false;
  const [next] = below;
  if (next === undefined) {
    object[name] = value;
    return true;
  }
  const inner = Object.hasOwn(object, name) ? object[name] : {};
  if (!isObject(inner)) return false;
  const copy = { ...inner };
  object[name] = copy;
  return put(copy, below, value);
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
