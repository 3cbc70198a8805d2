/** For benchmarks: what encrypts one document, without a storage around it. May change in any release. */
export { type DataKey, dataKey } from './keys/data-key.ts';
export { createKeyRing, type KeyRing } from './keys/key-ring.ts';
export {
  createDocumentCodec,
  type DecodedDocument,
  type DocumentCodec,
  type PlainDocument,
} from './storage/document-codec.ts';
