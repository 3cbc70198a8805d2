/** Refuses queries that only plaintext could answer: on what is stored they would find nothing, or the wrong documents. */
import { EncryptionError } from '../errors.ts';
import { isObject } from './encrypted-paths.ts';
import { related } from './stored-schema.ts';

export interface QueryLike {
  readonly selector?: unknown;
  readonly sort?: unknown;
}

/** @throws EncryptionError `QUERY_ENCRYPTED_FIELD` */
export function refuseEncryptedQuery(query: QueryLike, paths: readonly string[], collection: string): void {
  const named = new Set<string>();
  collect(query.selector, '', named);
  for (const part of Array.isArray(query.sort) ? query.sort : []) collect(part, '', named);
  const fields = paths.filter((path) => [...named].some((name) => related(path, name)));
  if (fields.length === 0) return;
  throw new EncryptionError('QUERY_ENCRYPTED_FIELD', 'a query cannot select or sort by an encrypted field', {
    ...{ collection, fields },
    hint: 'query by other fields and filter the results, or leave the field out of `encrypted`',
  });
}

/** Paths that a selector names: operators begin with `$`, and what is inside them belongs to the path around them. */
function collect(value: unknown, prefix: string, named: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, prefix, named);
  } else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value)) {
      const path = key.startsWith('$') ? prefix : prefix === '' ? key : `${prefix}.${key}`;
      if (path !== '') named.add(path);
      collect(inner, path, named);
    }
  }
}
