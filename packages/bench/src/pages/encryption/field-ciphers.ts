/** What encrypts one field: this repository's document, RxDB's crypto-js string, and the browser's own AES-GCM. */
import { decryptString, encryptString } from 'rxdb/plugins/encryption-crypto-js';
import { createDocumentCodec, createKeyRing, dataKey, type PlainDocument } from 'rxdb-p2p-encryption/testing';
import { microsecondsOf, microsecondsOfAsync } from './measure.ts';
import type { FieldTimes } from './results.ts';

export interface FieldCipher {
  readonly name: string;
  /** Throws when what comes back is not what went in. */
  measure(text: string): Promise<FieldTimes>;
}

export function createFieldCiphers(): readonly FieldCipher[] {
  return [ours(), cryptoJs(), aesGcm()];
}

/** All that the storage wrapper does to a document with one encrypted field: take out, JSON, seal, base64, and back. */
function ours(): FieldCipher {
  const databaseId = crypto.getRandomValues(new Uint8Array(16));
  const key = dataKey(new Uint8Array(8), crypto.getRandomValues(new Uint8Array(32)), databaseId);
  const ring = createKeyRing(key);
  const context = { databaseId, collection: 'notes', schemaVersion: 0, paths: ['text'] };
  const codec = createDocumentCodec({ context, primaryPath: 'id', attachments: false });
  return {
    name: 'rxdb-p2p-encryption',
    async measure(text) {
      const meta = { _rev: '1-abcdefghij', _deleted: false, _attachments: {}, _meta: { lwt: 1_700_000_000_000.01 } };
      const plain = { id: 'document-000001', title: 'a title', text, ...meta } as PlainDocument;
      const stored = codec.encode(plain, key);
      const decrypt = (): unknown => {
        const decoded = codec.decode(stored, ring);
        return 'document' in decoded ? decoded.document['text'] : undefined;
      };
      check(decrypt(), text);
      return { encrypt: microsecondsOf(() => codec.encode(plain, key)), decrypt: microsecondsOf(decrypt) };
    },
  };
}

/** What RxDB's plugin does to a field, beside copying the document. */
function cryptoJs(): FieldCipher {
  const password = 'a password of RxDB';
  return {
    name: 'crypto-js (RxDB)',
    async measure(text) {
      const stored = encryptString(JSON.stringify(text), password);
      const decrypt = (): unknown => JSON.parse(decryptString(stored, password));
      check(decrypt(), text);
      return {
        encrypt: microsecondsOf(() => encryptString(JSON.stringify(text), password)),
        decrypt: microsecondsOf(decrypt),
      };
    },
  };
}

/** With one key for everything, which random nonces of 96 bits allow for 2^32 values; JSON and base64 as the others. */
function aesGcm(): FieldCipher {
  const name = 'AES-GCM';
  const [encoder, decoder] = [new TextEncoder(), new TextDecoder()];
  const generated = crypto.subtle.generateKey({ name, length: 256 }, false, ['encrypt', 'decrypt']);
  return {
    name: 'WebCrypto AES-GCM',
    async measure(text) {
      const key = await generated;
      const encrypt = async (): Promise<{ iv: Uint8Array<ArrayBuffer>; stored: string }> => {
        const iv = crypto.getRandomValues(new Uint8Array(12));
        const sealed = await crypto.subtle.encrypt({ name, iv }, key, encoder.encode(JSON.stringify(text)));
        return { iv, stored: (new Uint8Array(sealed) as Base64Bytes).toBase64() };
      };
      const { iv, stored } = await encrypt();
      const decrypt = async (): Promise<unknown> => {
        const bytes = (Uint8Array as unknown as Base64Decoder).fromBase64(stored);
        return JSON.parse(decoder.decode(await crypto.subtle.decrypt({ name, iv }, key, bytes)));
      };
      check(await decrypt(), text);
      return {
        encrypt: await microsecondsOfAsync(async () => void (await encrypt())),
        decrypt: await microsecondsOfAsync(async () => void (await decrypt())),
      };
    },
  };
}

/** What browsers have, and TypeScript's library does not know yet. */
type Base64Bytes = Uint8Array & { toBase64(): string };
interface Base64Decoder {
  fromBase64(text: string): Uint8Array<ArrayBuffer>;
}

function check(got: unknown, wanted: string): void {
  if (got !== wanted) throw new Error('decrypted something else');
}
