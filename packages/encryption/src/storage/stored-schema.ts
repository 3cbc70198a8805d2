/** The schema of what is stored: without the encrypted fields, with the property that holds them sealed. */
import { getPrimaryFieldOfPrimaryKey, type RxDocumentData, type RxJsonSchema } from 'rxdb';
import { EncryptionError } from '../errors.ts';
import { createEncryptedPaths, isObject, type Json } from './encrypted-paths.ts';

/** The property of a stored document that holds its sealed value. RxDB keeps names with an underscore for itself. */
export const SEALED_FIELD = '_sealed';

export interface StoredSchema {
  readonly schema: RxJsonSchema<RxDocumentData<Json>>;
  readonly paths: readonly string[];
  readonly attachments: boolean;
}

/** @throws EncryptionError `SCHEMA_UNSUPPORTED` where a field could not stay secret, or does not exist */
export function storedSchemaOf(original: RxJsonSchema<RxDocumentData<Json>>, collection: string): StoredSchema {
  const encrypted = (original.encrypted ?? []) as readonly string[];
  const { paths } = createEncryptedPaths(encrypted);
  const schema = structuredClone(original) as unknown as MutableSchema;
  const { primaryKey } = original;
  const keyFields = [
    getPrimaryFieldOfPrimaryKey(primaryKey) as string,
    ...(typeof primaryKey === 'object' ? (primaryKey.fields as readonly string[]) : []),
  ];
  const indexed = (original.indexes ?? []).flatMap((index) => (typeof index === 'string' ? [index] : [...index]));
  for (const path of paths) {
    const touches = (other: string): boolean => related(path, other);
    if (keyFields.some(touches))
      throw unsupported(collection, path, 'it is part of the primary key, which stays in plain');
    if (indexed.some(touches)) throw unsupported(collection, path, 'it is part of an index, which stays in plain');
    if (path.startsWith('_')) throw unsupported(collection, path, 'RxDB keeps such names for itself');
    if (!removeProperty(schema, path.split('.')))
      throw unsupported(collection, path, 'the schema has no such property', KEY_COMPRESSION);
  }
  schema.properties = { ...schema.properties, [SEALED_FIELD]: { type: 'string' } };
  delete schema.encrypted;
  const attachments = schema.attachments?.encrypted === true;
  if (schema.attachments !== undefined) schema.attachments.encrypted = false;
  return { schema: schema as unknown as RxJsonSchema<RxDocumentData<Json>>, paths, attachments };
}

/** Is one the other, or inside it? */
export function related(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

interface MutableSchema {
  properties?: Record<string, MutableSchema | { type: string }>;
  required?: string[];
  encrypted?: unknown;
  attachments?: { encrypted?: boolean };
}

function removeProperty(schema: MutableSchema, [name, ...below]: readonly string[]): boolean {
  const { properties } = schema;
  if (name === undefined || properties === undefined || !Object.hasOwn(properties, name)) return false;
  if (below.length > 0) {
    const inner = properties[name];
    return isObject(inner) && removeProperty(inner as MutableSchema, below);
  }
  delete properties[name];
  if (schema.required !== undefined) schema.required = schema.required.filter((field) => field !== name);
  return true;
}

/** RxDB's key compression renames properties, and leaves `encrypted` as it is: inside it, nothing would be encrypted. */
const KEY_COMPRESSION =
  'where keys are compressed, that storage goes inside: encryptedStorage({ storage: compressed })';

function unsupported(collection: string, path: string, why: string, hint?: string): EncryptionError {
  return new EncryptionError('SCHEMA_UNSUPPORTED', `this field cannot be encrypted: ${why}`, {
    collection,
    fields: [path],
    hint,
  });
}
