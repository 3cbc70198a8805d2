/** Values that cannot be read, told once each. */
import { type Observable, ReplaySubject } from 'rxjs';
import { EncryptionError } from '../errors.ts';

export interface Problems {
  /** The last 100, then new ones. */
  readonly error$: Observable<EncryptionError>;
  report(error: EncryptionError): void;
  close(): void;
}

/** Told to whoever subscribes later: a database opens before an application can listen. */
const MAX_REPLAYED = 100;
/** Messages remembered so that a live query does not report the same document with every result. */
const MAX_REMEMBERED = 1_000;

export function createProblems(): Problems {
  const subject = new ReplaySubject<EncryptionError>(MAX_REPLAYED);
  const told = new Set<string>();
  return {
    error$: subject.asObservable(),
    report(error) {
      if (told.has(error.message)) return;
      for (const oldest of told) {
        if (told.size < MAX_REMEMBERED) break;
        told.delete(oldest);
      }
      told.add(error.message);
      subject.next(error);
    },
    close: () => subject.complete(),
  };
}

export interface BadValue {
  readonly collection: string;
  readonly document: string;
  /** its revision: another one may be well */
  readonly revision: string;
  readonly fields: readonly string[];
  readonly outcome: { readonly unknownKey: string } | { readonly damage: string };
}

export function badValue({ collection, document, revision, fields, outcome }: BadValue): EncryptionError {
  const at = { collection, document, fields };
  if ('unknownKey' in outcome) {
    return new EncryptionError('KEY_UNKNOWN', 'an encrypted value names a key that this database does not have', {
      ...at,
      expected: 'a key of this database',
      got: `key ${outcome.unknownKey} in revision ${revision}`,
      hint: 'close all tabs of the application and open it again; else the value or the keys come from a backup',
    });
  }
  return new EncryptionError('VALUE_UNREADABLE', 'an encrypted value is not what was stored', {
    ...at,
    expected: 'a value that was sealed for this revision of this document',
    got: `${outcome.damage}, in revision ${revision}`,
    hint: 'it was damaged or changed on disk; restore it from a backup or from another device',
  });
}
