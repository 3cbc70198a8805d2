/** Attachments: sealed one by one; what their document says of them is sealed with the document. */
import { randomBytes } from '@noble/ciphers/utils.js';
import type { RxAttachmentWriteData } from 'rxdb';
import { hex } from '../cipher/bytes.ts';
import { createValueSealer, type Opened, type ValueContext } from '../cipher/sealed-value.ts';
import type { DataKey } from '../keys/data-key.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import type { SealedAttachment } from './document-codec.ts';

/** A name for the storage, which overwrites an attachment only when its digest changes. */
const NAME_BYTES = 16;
/** What the storage is told: the true type is sealed with the document. */
const STORED_TYPE = 'application/octet-stream';

export interface StoredAttachment {
  readonly sealed: SealedAttachment;
  readonly stub: RxAttachmentWriteData;
}

export interface AttachmentCodec {
  seal(document: string, id: string, attachment: RxAttachmentWriteData, key: DataKey): Promise<StoredAttachment>;
  open(document: string, id: string, attachment: SealedAttachment, data: Blob, ring: KeyRing): Promise<Opened>;
}

export function createAttachmentCodec(context: ValueContext): AttachmentCodec {
  const sealer = createValueSealer('attachment', context);
  return {
    async seal(document, id, { data, digest, type }, key) {
      const plaintext = new Uint8Array(await data.arrayBuffer());
      const name = hex(randomBytes(NAME_BYTES));
      const bytes = sealer.seal(key, plaintext, [document, id, digest, name]);
      const blob = new Blob([bytes], { type: STORED_TYPE });
      return {
        sealed: { digest, type, length: plaintext.length, name, key: key.name },
        stub: { digest: name, type: STORED_TYPE, length: bytes.length, data: blob },
      };
    },
    async open(document, id, { digest, name, length }, data, ring) {
      const sealed = new Uint8Array(await data.arrayBuffer());
      const opened = sealer.open(ring, sealed, [document, id, digest, name]);
      if ('plaintext' in opened && opened.plaintext.length !== length) return { damage: 'another length' };
      return opened;
    },
  };
}

/** How the storage sees an attachment whose data stays as it is. */
export function stubOf({ name, length }: SealedAttachment, overhead: number): Omit<RxAttachmentWriteData, 'data'> {
  return { digest: name, type: STORED_TYPE, length: length + overhead };
}
