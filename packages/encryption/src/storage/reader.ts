/** Decodes what a storage gives; what cannot be read is reported, and left out. */
import { EncryptionError } from '../errors.ts';
import type { Vault } from '../keys/vault.ts';
import type { Decoded, DecodedDocument, DocumentCodec, PlainDocument, StoredDocument } from './document-codec.ts';
import { badValue, type Problems } from './problems.ts';

export interface Reader {
  /** At once; with the key's id where it is not known yet. */
  decodeNow(stored: StoredDocument): Decoded;
  /** Asks other tabs for a key that is not known. @throws EncryptionError `VALUE_UNREADABLE`, `KEY_UNKNOWN` */
  decode(stored: StoredDocument): Promise<DecodedDocument>;
  /** In their order, without those that cannot be read. */
  decodeAll(stored: readonly StoredDocument[]): Promise<PlainDocument[]>;
  /** Reports it, too. */
  errorOf(stored: StoredDocument, outcome: { unknownKey: string } | { damage: string }): EncryptionError;
}

export interface ReaderDeps {
  readonly codec: DocumentCodec;
  readonly vault: Vault;
  readonly problems: Problems;
  readonly collection: string;
  readonly primaryPath: string;
  readonly fields: readonly string[];
}

export function createReader({ codec, vault, problems, collection, primaryPath, fields }: ReaderDeps): Reader {
  const errorOf: Reader['errorOf'] = (stored, outcome) => {
    const document = String(stored[primaryPath]);
    const error = badValue({ collection, document, revision: String(stored._rev), fields, outcome });
    problems.report(error);
    return error;
  };
  const decodeNow = (stored: StoredDocument): Decoded => codec.decode(stored, vault.ring);
  const decode = async (stored: StoredDocument): Promise<DecodedDocument> => {
    let outcome = decodeNow(stored);
    if ('unknownKey' in outcome && (await vault.learn(outcome.unknownKey))) outcome = decodeNow(stored);
    if ('document' in outcome) return outcome;
    throw errorOf(stored, outcome);
  };
  return {
    decodeNow,
    decode,
    errorOf,
    async decodeAll(stored) {
      const documents: PlainDocument[] = [];
      for (const one of stored) {
        const outcome = decodeNow(one);
        if ('document' in outcome) {
          documents.push(outcome.document);
          continue;
        }
        try {
          documents.push((await decode(one)).document);
        } catch (error) {
          if (!(error instanceof EncryptionError)) throw error;
        }
      }
      return documents;
    },
  };
}
