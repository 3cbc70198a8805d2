/** What a transport says to others through the signaling server, sealed. What cannot be said is not said later. */
import type { Attempt } from './attempts.ts';
import type { Remote } from './remotes.ts';
import type { Sealing } from './sealing.ts';
import type { ByeReason, SignalBody } from './signal-codec.ts';

/** About one connection. */
export interface Said {
  /** the connection's name */
  readonly name: string;
  readonly body: SignalBody;
  /** whether this side dials it */
  readonly fromDialler: boolean;
}

export type ByeSubject = Pick<Attempt, 'name' | 'initiator' | 'room'>;

export interface Speech {
  send(remote: Remote | undefined, said: Said, room: string): void;
  announce(remote: Remote, name: string, room: string): void;
  bye(remote: Remote | undefined, about: ByeSubject, why: ByeReason): void;
}

export interface SpeechDeps {
  /** name of this transport */
  readonly instance: string;
  readonly sealing: Sealing;
  readonly signal: (room: string, peer: string, data: string) => void;
}

export function createSpeech({ instance, sealing, signal }: SpeechDeps): Speech {
  /** In the room, or, when the remote has left that, in another one in which it knows us. */
  function send(remote: Remote | undefined, { name, body, fromDialler }: Said, room: string): void {
    if (remote === undefined) return;
    const [other] = remote.sessions.keys();
    const where = body.kind === 'hello' || remote.sessions.has(room) ? room : other;
    if (where === undefined) return;
    const data = sealing.seal(where, remote, { body, instance, connection: name, fromDialler });
    if (data === undefined) return;
    remote.told.add(where);
    signal(where, remote.peer, data);
  }

  function announce(remote: Remote, name: string, room: string): void {
    remote.asked.set(room, name);
    send(remote, { name, body: { kind: 'hello' }, fromDialler: true }, room);
  }

  function bye(remote: Remote | undefined, { name, initiator, room }: ByeSubject, why: ByeReason): void {
    send(remote, { name, body: { kind: 'bye', why }, fromDialler: initiator }, room);
  }

  return { send, announce, bye };
}
