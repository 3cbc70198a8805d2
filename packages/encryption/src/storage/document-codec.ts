/**
 * A document as the application sees it, and as it is stored. What is sealed is JSON:
 *
 * ```json
 * { "f": { "<encrypted path>": value }, "m": { other keys of _meta }, "a": { "<attachment id>": sealed attachment } }
 * ```
 *
 * `m` and `a` only where there are any. Every stored document has a sealed value, also without encrypted fields in it: one
 * that has none was tampered with.
 */
import type { RxDocumentData } from 'rxdb';
import { fromBase64, toBase64, utf8 } from '../cipher/bytes.ts';
import {
  createValueSealer,
  keyNameOf,
  type Place,
  VALUE_HEADER_BYTES,
  type ValueContext,
} from '../cipher/sealed-value.ts';
import type { DataKey } from '../keys/data-key.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { createEncryptedPaths, isObject, type Json } from './encrypted-paths.ts';
import { SEALED_FIELD } from './stored-schema.ts';

export type PlainDocument = RxDocumentData<Json>;
export type StoredDocument = RxDocumentData<Json>;

/** What of an attachment only its document knows. */
export interface SealedAttachment {
  readonly digest: string;
  readonly type: string;
  /** bytes */
  readonly length: number;
  /** the digest under which the storage has it: random, so that it tells nothing */
  readonly name: string;
  /** hex id of the key that its data is sealed with */
  readonly key: string;
}

export type SealedAttachments = Readonly<Record<string, SealedAttachment>>;

export interface DecodedDocument {
  readonly document: PlainDocument;
  readonly attachments: SealedAttachments;
  /** hex id of the key */
  readonly key: string;
}

export type Decoded = DecodedDocument | { readonly unknownKey: string } | { readonly damage: string };

export interface DocumentCodec {
  /** @param stubs how the storage sees its attachments; where those are encrypted */
  encode(plain: PlainDocument, key: DataKey, attachments?: AttachmentsToStore): StoredDocument;
  decode(stored: StoredDocument, ring: KeyRing): Decoded;
  /** What stays in plain of it, and nothing sealed. */
  withoutSecrets(plain: PlainDocument): StoredDocument;
}

export interface AttachmentsToStore {
  readonly sealed: SealedAttachments;
  readonly stubs: StoredDocument['_attachments'];
}

export interface DocumentCodecOptions {
  readonly context: ValueContext;
  readonly primaryPath: string;
  /** are attachments encrypted? */
  readonly attachments: boolean;
}

interface Sealed {
  readonly f: Json;
  readonly m?: Json;
  readonly a?: SealedAttachments;
}

const NO_ATTACHMENTS: SealedAttachments = {};

export function createDocumentCodec({ context, primaryPath, attachments }: DocumentCodecOptions): DocumentCodec {
  const encrypted = createEncryptedPaths(context.paths);
  const sealer = createValueSealer('document', context);
  const decoder = new TextDecoder();
  const placeOf = (document: StoredDocument): Place => [
    String(document[primaryPath]),
    String(document._rev),
    document._deleted === true,
    Number(document._meta.lwt),
  ];
  return {
    encode(plain, key, toStore) {
      const { rest, values } = encrypted.takeOut(plain);
      const { lwt, ...otherMeta } = plain._meta as Json & { readonly lwt: number };
      const sealed: Sealed = {
        f: values,
        ...(hasKeys(otherMeta) ? { m: otherMeta } : {}),
        ...(toStore !== undefined && hasKeys(toStore.sealed) ? { a: toStore.sealed } : {}),
      };
      rest['_meta'] = { lwt };
      if (toStore !== undefined) rest['_attachments'] = toStore.stubs;
      rest[SEALED_FIELD] = toBase64(sealer.seal(key, utf8(JSON.stringify(sealed)), placeOf(plain)));
      return rest as unknown as StoredDocument;
    },
    withoutSecrets(plain) {
      const { rest } = encrypted.takeOut(plain);
      rest['_meta'] = { lwt: plain._meta.lwt };
      if (attachments) rest['_attachments'] = {};
      return rest as unknown as StoredDocument;
    },
    decode(stored, ring) {
      const { [SEALED_FIELD]: text, ...rest } = stored as Record<string, unknown> & StoredDocument;
      if (text === undefined) return { damage: 'no sealed value' };
      const bytes = typeof text === 'string' ? fromBase64(text) : undefined;
      if (bytes === undefined) return { damage: 'not base64' };
      if (!isObject(stored._meta)) return { damage: 'no _meta' };
      const opened = sealer.open(ring, bytes, placeOf(stored));
      if (!('plaintext' in opened)) return opened;
      const { f, m, a = NO_ATTACHMENTS } = JSON.parse(decoder.decode(opened.plaintext)) as Sealed;
      const document = rest as Record<string, unknown>;
      if (!encrypted.putBack(document, f)) return { damage: 'something else stands where an encrypted field was' };
      if (m !== undefined) document['_meta'] = { ...m, lwt: stored._meta.lwt };
      if (attachments) {
        const seen = plainAttachments(stored._attachments, a);
        if (seen === undefined) return { damage: 'other attachments than were stored' };
        document['_attachments'] = seen;
      }
      return { document: document as unknown as PlainDocument, attachments: a, key: keyNameOf(bytes) };
    },
  };
}

/** Undefined when the storage has other ones. */
function plainAttachments(
  stored: StoredDocument['_attachments'] | undefined,
  sealed: SealedAttachments,
): PlainDocument['_attachments'] | undefined {
  const ids = Object.keys(stored ?? {});
  if (ids.length !== Object.keys(sealed).length) return undefined;
  const plain: PlainDocument['_attachments'] = {};
  for (const id of ids) {
    const known = Object.hasOwn(sealed, id) ? sealed[id] : undefined;
    if (known === undefined || stored?.[id]?.digest !== known.name) return undefined;
    plain[id] = { digest: known.digest, length: known.length, type: known.type };
  }
  return plain;
}

/** Hex id of the key that a stored document was sealed with; undefined: not a sealed value. */
export function keyOfStored(stored: StoredDocument): string | undefined {
  const text: unknown = stored[SEALED_FIELD];
  const header = typeof text === 'string' ? fromBase64(text.slice(0, HEADER_CHARACTERS)) : undefined;
  return header?.length === VALUE_HEADER_BYTES ? keyNameOf(header) : undefined;
}

const HEADER_CHARACTERS = (VALUE_HEADER_BYTES / 3) * 4;

function hasKeys(object: object): boolean {
  for (const _ in object) return true;
  return false;
}
