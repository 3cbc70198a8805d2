/**
 * The change stream, decoded once for all subscribers, in order. An event that cannot be read is reported and left out: it
 * ends nothing.
 */
import type { EventBulk, RxStorageChangeEvent } from 'rxdb';
import { type Observable, Subject } from 'rxjs';
import type { PlainDocument, StoredDocument } from './document-codec.ts';
import type { Reader } from './reader.ts';
import { SEALED_FIELD } from './stored-schema.ts';

export type ChangeEvent = RxStorageChangeEvent<PlainDocument>;
export type Bulk = EventBulk<ChangeEvent, unknown>;

export interface ChangeEvents {
  readonly stream: Observable<Bulk>;
  /** Resolves when all events that have come so far have been passed on. */
  idle(): Promise<void>;
  close(): void;
}

/** Context of writes that change nothing that an application can see. */
export const REENCRYPT_CONTEXT = 'encryption-rotate-key';

export interface ChangeEventsDeps {
  readonly source: Observable<Bulk>;
  readonly reader: Reader;
  /** the plaintext of a document that this tab is storing right now */
  readonly justStored: (stored: StoredDocument) => PlainDocument | undefined;
}

type Seen = { readonly document: PlainDocument } | { readonly unknownKey: string } | { readonly damage: string };

export function createChangeEvents({ source, reader, justStored }: ChangeEventsDeps): ChangeEvents {
  const stream = new Subject<Bulk>();
  /** Bulks wait here only while a key is asked for. */
  let queue: Promise<void> | undefined;

  const see = (stored: StoredDocument): Seen => {
    const document = justStored(stored);
    return document === undefined ? reader.decodeNow(stored) : { document };
  };
  const seeAll = (bulk: Bulk): Seen[] => bulk.events.map(({ documentData }) => see(documentData));
  const pass = (bulk: Bulk, seen: readonly Seen[]): void => {
    const events: ChangeEvent[] = [];
    bulk.events.forEach((event, i) => {
      const now = seen[i];
      if (now === undefined) return;
      if ('document' in now) events.push(decoded(event, now.document));
      else reader.errorOf(event.documentData, now);
    });
    if (events.length > 0) stream.next({ ...bulk, events });
  };
  const decoded = (event: ChangeEvent, documentData: PlainDocument): ChangeEvent => {
    const stored = event.previousDocumentData as StoredDocument | undefined | null;
    if (stored === undefined || stored === null) return { ...event, documentData };
    const before = see(stored);
    // No query depends on encrypted fields, so what was there before does without them.
    const previousDocumentData = 'document' in before ? before.document : withoutSealed(stored);
    return { ...event, documentData, previousDocumentData } as ChangeEvent;
  };
  const passLater = async (bulk: Bulk): Promise<void> => {
    for (const { documentData } of bulk.events) {
      // `pass` reports what stays unreadable.
      if ('unknownKey' in see(documentData)) await reader.decode(documentData).catch(() => undefined);
    }
    pass(bulk, seeAll(bulk));
  };
  const subscription = source.subscribe({
    next(bulk) {
      if (bulk.context === REENCRYPT_CONTEXT) return;
      const seen = queue === undefined ? seeAll(bulk) : undefined;
      if (seen?.every((one) => !('unknownKey' in one))) return pass(bulk, seen);
      const mine: Promise<void> = (queue ?? Promise.resolve())
        .then(() => passLater(bulk))
        .finally(() => {
          if (queue === mine) queue = undefined;
        });
      queue = mine;
    },
    complete: () => stream.complete(),
  });
  return {
    stream: stream.asObservable(),
    idle: () => queue ?? Promise.resolve(),
    close() {
      subscription.unsubscribe();
      stream.complete();
    },
  };
}

function withoutSealed(stored: StoredDocument): PlainDocument {
  const { [SEALED_FIELD]: _, ...rest } = stored;
  return rest as PlainDocument;
}
