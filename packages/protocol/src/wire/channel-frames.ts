/** Frames that open, refuse, end and steer a channel (SPEC.md §1.6). Every one begins with the sender's channel number. */
import { MAX_NAME_BYTES } from '../limits.ts';
import {
  type CloseFrame,
  type CreditFrame,
  type HaveFrame,
  type OpenFrame,
  REFUSE_CODES,
  type RefuseFrame,
  type WantFrame,
} from '../session/frames.ts';
import { PROOF_BYTES } from '../session/open-proof.ts';
import { FINGERPRINT_BYTES } from '../version/fingerprint.ts';
import { EMPTY_VECTOR } from '../version/vector.ts';
import { choice, type Element, fixed, flag, type Layout, layout, optional, text, uint } from './layout.ts';
import { CURSOR, HASH, vector } from './vectors.ts';

const DIGEST_BYTES = 16;

export const CHANNEL: Element<number> = uint(1, 2 ** 32 - 1);
export const WANT_NUMBER: Element<number> = uint(1);

const NAME = text(MAX_NAME_BYTES);

const isMergeMode = (mode: string): boolean => mode === 'fields' || mode.startsWith('handler:');

const MERGE_MODE: Element<string> = {
  write(writer, name, mode) {
    if (!isMergeMode(mode)) writer.fail(name, 'fields or handler:<version>', mode);
    NAME.write(writer, name, mode);
  },
  read(reader, name) {
    const mode = NAME.read(reader, name);
    return isMergeMode(mode) ? mode : reader.fail(name, 'fields or handler:<version>', 'another one');
  },
};

export const OPEN: Layout<OpenFrame> = layout({
  channel: CHANNEL,
  sends: flag(0x01),
  receives: flag(0x02),
  proof: fixed(PROOF_BYTES),
  collection: NAME,
  schemaVersion: uint(),
  schemaHash: HASH,
  mergeMode: MERGE_MODE,
});

export const REFUSE: Layout<RefuseFrame> = layout({ channel: CHANNEL, code: choice(REFUSE_CODES), text: NAME });

export const CLOSE: Layout<CloseFrame> = layout({ channel: CHANNEL });

export const WANT: Layout<WantFrame> = layout({
  channel: CHANNEL,
  want: WANT_NUMBER,
  credit: uint(),
  cursor: optional(0x01, CURSOR),
  vector: vector(1),
});

export const CREDIT: Layout<CreditFrame> = layout({ channel: CHANNEL, want: WANT_NUMBER, bytes: uint() });

/** The place of a form is its number on the wire. */
const HAVE_FORMS = ['hash', 'whole', 'changes'] as const;
const HAVE_FORM_BITS = 0x03;
const HAS_FINGERPRINT = 0x04;
const UNSETTLED = 0x08;

const VECTOR_HASH = fixed(DIGEST_BYTES);
const PUSHED_BYTES = uint();
const FINGERPRINT = fixed(FINGERPRINT_BYTES);
const HAVE_ENTRIES = { whole: vector(1), changes: vector(0) } as const;

/** Its flags say what form its entries have. */
export const HAVE: Layout<HaveFrame> = {
  write(writer, { channel, form, entries, fingerprint, hash, pushedBytes }) {
    const formNumber = HAVE_FORMS.indexOf(form);
    if (formNumber < 0) writer.fail('form', `one of ${HAVE_FORMS.join(', ')}`, form);
    if (form === 'hash' && entries.size > 0) writer.fail('entries', 'none in the form `hash`', `${entries.size}`);
    CHANNEL.write(writer, 'channel', channel);
    const printFlags = fingerprint === undefined ? 0 : HAS_FINGERPRINT | (fingerprint.settled ? 0 : UNSETTLED);
    writer.byte(formNumber | printFlags);
    VECTOR_HASH.write(writer, 'hash', hash);
    PUSHED_BYTES.write(writer, 'pushedBytes', pushedBytes);
    if (fingerprint !== undefined) FINGERPRINT.write(writer, 'fingerprint', fingerprint.sum);
    if (form !== 'hash') HAVE_ENTRIES[form].write(writer, 'entries', entries);
  },
  read(reader, type) {
    const channel = CHANNEL.read(reader, 'channel');
    const flags = reader.flags('flags', HAVE_FORM_BITS | HAS_FINGERPRINT | UNSETTLED);
    const settled = (flags & UNSETTLED) === 0;
    const form = HAVE_FORMS[flags & HAVE_FORM_BITS] ?? reader.fail('form', 'less than 3', '3');
    const hash = VECTOR_HASH.read(reader, 'hash');
    const pushedBytes = PUSHED_BYTES.read(reader, 'pushedBytes');
    const hasPrint = (flags & HAS_FINGERPRINT) !== 0;
    if (!settled && !hasPrint) reader.fail('flags', 'a fingerprint that is not settled', 'none');
    const sum = hasPrint ? FINGERPRINT.read(reader, 'fingerprint') : undefined;
    const entries = form === 'hash' ? EMPTY_VECTOR : HAVE_ENTRIES[form].read(reader, 'entries');
    const have: HaveFrame = { type, channel, hash, form, entries, pushedBytes };
    return sum === undefined ? have : { ...have, fingerprint: { sum, settled } };
  },
};
