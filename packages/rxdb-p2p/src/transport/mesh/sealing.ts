/**
 * Signals as they go through the server: sealed with the key of the room's topic, and bound to the two sessions, the
 * connection, the direction and a counter (SPEC §6.2). A session is a random name for one stay in a room; only members see it.
 */
import { base64url, fromBase64url, P2PError } from '@rxdb-p2p/protocol';
import type { ReplayWindow, SignalForm, SignalHeader } from '@rxdb-p2p/protocol/secrecy';
import type { Remote } from './remotes.ts';
import { decodeSignal, encodeSignal, type Signal, type SignalBody } from './signal-codec.ts';

/** The part of the cryptography that signals need; loaded when the first room is joined. */
export type SealLibrary = Pick<
  typeof import('@rxdb-p2p/protocol/secrecy'),
  'emptyWindow' | 'readSignalHeader' | 'sealSignal' | 'take' | 'unsealSignal'
>;

/** What we know of another member's stay in a room. */
export interface RemoteSession {
  readonly id: Uint8Array;
  /** directed signals that we have sent to it */
  sent: number;
  /** those of it that have come */
  window: ReplayWindow;
}

export interface OutgoingSignal {
  readonly body: SignalBody;
  /** name of this transport */
  readonly instance: string;
  /** name of the connection */
  readonly connection: string;
  readonly fromDialler: boolean;
}

export type IncomingSignal = Signal & { readonly fromDialler: boolean };

/** Why a signal was not taken: a code for people, or something that happens among honest ones too. */
export type Refusal = P2PError | 'out of date';

export interface Sealing {
  /** Begins a stay in a room. */
  join(room: string, key: Uint8Array): void;
  leave(room: string): void;
  /** Begins a new stay in every room: the server has lost us, and knows us by another id. */
  renew(): void;
  /** Undefined: the other side has not said its session yet, or the signal would be too long. */
  seal(room: string, remote: Remote, signal: OutgoingSignal): string | undefined;
  /** @param remote who has sent it, as the server says; undefined: nothing is known of it */
  unseal(room: string, remote: Remote | undefined, data: string): IncomingSignal | Refusal;
  /** The session that the last announcement or welcome which was unsealed has brought. */
  readonly introduced: Uint8Array;
}

interface Stay {
  readonly key: Uint8Array;
  readonly session: Uint8Array;
  /** of the stay before: what is late is told from what is forged */
  readonly previous: Uint8Array | undefined;
}

export interface SealingDeps {
  readonly library: SealLibrary;
  readonly randomBytes: (count: number) => Uint8Array;
}

const SESSION_BYTES = 32;
const NONCE_BYTES = 24;

const FORMS: { readonly [Kind in SignalBody['kind']]: SignalForm } = {
  hello: 'announcement',
  present: 'welcome',
  ...{ offer: 'directed', answer: 'directed', candidate: 'directed', bye: 'directed', leave: 'directed' },
};

export function createSealing({ library, randomBytes }: SealingDeps): Sealing {
  const stays = new Map<string, Stay>();
  let introduced: Uint8Array = new Uint8Array(0);

  function begin(room: string, key: Uint8Array): void {
    stays.set(room, { key, session: randomBytes(SESSION_BYTES), previous: stays.get(room)?.session });
  }

  function contentIn(stay: Stay, room: string, sender: Uint8Array | undefined, data: string): Uint8Array | Refusal {
    const { key, session: receiver, previous } = stay;
    const content = library.unsealSignal({ key, room, sender, receiver }, data);
    if (content !== undefined) return content;
    const late = previous && library.unsealSignal({ key, room, sender, receiver: previous }, data);
    return late === undefined ? unreadable() : 'out of date';
  }

  function read(header: SignalHeader, json: Uint8Array): IncomingSignal | Refusal {
    const signal = decodeSignal(json, base64url(header.connection));
    if (signal === undefined || FORMS[signal.kind] !== header.form) return unreadable();
    return { ...signal, fromDialler: header.fromDialler };
  }

  return {
    get introduced() {
      return introduced;
    },
    join: begin,
    leave: (room) => void stays.delete(room),
    renew() {
      for (const [room, { key }] of stays) begin(room, key);
    },
    seal(room, remote, { body, instance, connection, fromDialler }) {
      const stay = stays.get(room);
      const session = remote.sessions.get(room);
      const form = FORMS[body.kind];
      const json = encodeSignal({ ...body, instance, connection });
      if (stay === undefined || json === undefined || (form !== 'announcement' && session === undefined))
        return undefined;
      const isDirected = form === 'directed';
      const counter = isDirected && session !== undefined ? session.sent++ : 0;
      const content = isDirected ? json : joined(stay.session, json);
      const header = { form, fromDialler, connection: fromBase64url(connection), counter };
      const context = { key: stay.key, room, sender: stay.session, receiver: session?.id };
      return library.sealSignal(context, header, content, randomBytes(NONCE_BYTES));
    },
    unseal(room, remote, data) {
      const stay = stays.get(room);
      const header = library.readSignalHeader(data);
      if (stay === undefined) return 'out of date';
      if (header === undefined) return unreadable();
      const session = remote?.sessions.get(room);
      // Of a stay that has ended here, or one that has not announced itself.
      if (header.form === 'directed' && session === undefined) return 'out of date';
      const content = contentIn(stay, room, session?.id, data);
      if (!(content instanceof Uint8Array)) return content;
      if (header.form === 'directed') {
        const window = session && library.take(session.window, header.counter);
        if (session === undefined || window === undefined) return replayed();
        session.window = window;
        return read(header, content);
      }
      if (content.length < SESSION_BYTES) return unreadable();
      introduced = content.slice(0, SESSION_BYTES);
      return read(header, content.subarray(SESSION_BYTES));
    },
  };
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function unreadable(): P2PError {
  return new P2PError('SIGNAL_UNREADABLE', 'a signal in this room was not sealed with the secret of this topic', {
    hint: 'somebody with another secret was led into this room, or the signaling server has changed what it carries',
  });
}

function replayed(): P2PError {
  return new P2PError('SIGNAL_REPLAYED', 'a signal came twice', {
    hint: 'the signaling server repeats what it carries, or holds it back for long',
  });
}
