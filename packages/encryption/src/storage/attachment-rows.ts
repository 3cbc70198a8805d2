/** The attachments of documents that are about to be stored: new data is sealed, the rest is found where it is. */
import type { RxAttachmentWriteData } from 'rxdb';
import { VALUE_OVERHEAD_BYTES } from '../cipher/sealed-value.ts';
import type { DataKey } from '../keys/data-key.ts';
import { type AttachmentCodec, stubOf } from './attachment-codec.ts';
import type { AttachmentsToStore, DecodedDocument, PlainDocument, SealedAttachment } from './document-codec.ts';

/**
 * @param document as the application wrote it
 * @param before what is stored now, where that is the revision that the write was made on
 * @returns undefined when an attachment comes without data and is not stored: the storage tells the application so
 */
export async function attachmentsToStore(
  codec: AttachmentCodec,
  id: string,
  document: PlainDocument,
  before: DecodedDocument | undefined,
  key: DataKey,
): Promise<AttachmentsToStore> {
  const sealed: Record<string, SealedAttachment> = {};
  const stubs: AttachmentsToStore['stubs'] = {};
  for (const [name, attachment] of Object.entries(document._attachments ?? {})) {
    const known = before?.attachments[name];
    const { data } = attachment as Partial<RxAttachmentWriteData>;
    if (known !== undefined && (data === undefined || known.digest === attachment.digest)) {
      sealed[name] = { ...known, type: attachment.type };
      stubs[name] = stubOf(known, VALUE_OVERHEAD_BYTES);
    } else if (data === undefined) {
      stubs[name] = attachment;
    } else {
      const stored = await codec.seal(id, name, attachment as RxAttachmentWriteData, key);
      sealed[name] = stored.sealed;
      stubs[name] = stored.stub;
    }
  }
  return { sealed, stubs };
}
