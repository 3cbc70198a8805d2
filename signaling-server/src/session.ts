/** One client, from its admission to its end: it asks and is answered, renews its token, and is told why it has to go. */
import type { ByeMessage, Reply } from '@rxdb-p2p/protocol/signaling';
import { parseTokenMessage, refuse } from '@rxdb-p2p/protocol/signaling';
import type { AddressAccount } from './address-accounts.ts';
import type { Admission, Applicant } from './auth/admission.ts';
import type { Admit } from './auth/auth.ts';
import { createLease } from './auth/lease.ts';
import type { ConnectionMeter } from './connection-meter.ts';
import type { Delivery, SignalingSocket } from './delivery.ts';
import { requestName, type SignalingObserver } from './observer.ts';
import type { Client, Requests } from './requests.ts';
import type { IssueTurn } from './turn/credentials.ts';
import { createTurnSupply } from './turn/supply.ts';

export interface SessionDeps {
  /** What other clients know it by. */
  readonly id: string;
  readonly meter: ConnectionMeter;
  readonly account: AddressAccount;
  readonly applicant: Applicant;
  readonly admission: Admission;
  readonly admit: Admit;
  readonly requests: Requests;
  readonly delivery: Delivery;
  readonly observer: SignalingObserver;
  /** Undefined: there is no TURN server. */
  readonly issueTurn: IssueTurn | undefined;
}

/** Serves the socket until it disconnects. */
export function openSession(socket: SignalingSocket, deps: SessionDeps): void {
  const { id, meter, account, applicant, admission, admit, requests, delivery, observer, issueTurn } = deps;
  const { takeRequest, takeJoin } = meter;
  const lease = createLease(admission, {
    onRenew: () => void socket.emit('renew'),
    onEnd: () => end({ code: 'TOKEN_EXPIRED', message: 'the token has ended, and no other one has come' }),
  });
  const client: Client = { id, quota: account, opensRoom: lease.opensRoom, takeRequest, takeJoin };
  const turn = issueTurn && createTurnSupply(issueTurn, (message) => void socket.emit('turn', message));
  let renewing = false;

  function end(message: ByeMessage): void {
    observer.dismissed(message.code, applicant);
    dismiss(socket, message);
  }

  /** One at a time: checking a token costs more than any other request. */
  async function renew(message: unknown): Promise<Reply> {
    if (renewing || !takeRequest()) return refuse('RATE_LIMITED', 'too many tokens; wait a second');
    const parsed = parseTokenMessage(message);
    if (!parsed.ok) return parsed;
    renewing = true;
    const verdict = await admit(parsed.value.token, applicant);
    renewing = false;
    if (!socket.connected) return { ok: true };
    if (!verdict.ok) return refuse(verdict.code, verdict.message);
    lease.renew(verdict);
    turn?.give(verdict.expiresAt);
    if (!requests.roomsOf(id).every(lease.opensRoom)) {
      end({ code: 'NAMESPACE_NOT_ALLOWED', message: 'the new token does not open all rooms joined' });
    }
    return { ok: true };
  }

  delivery.add(id, socket, meter);
  // One listener for every event, so that a client cannot choose which code runs by inventing names.
  socket.onAny((event: unknown, ...payload: unknown[]) => {
    // Packets that came together with the end of the connection are delivered after it.
    if (!socket.connected) return;
    // socket.io adds the function when the client asks for an answer; a client cannot send one.
    const reply = payload.at(-1);
    const answer = (given: Reply): void => {
      observer.answered(requestName(event), given.ok ? 'OK' : given.code);
      if (typeof reply === 'function') reply(given);
    };
    const given = event === 'token' ? renew(payload[0]) : requests.answer(client, event, payload[0]);
    if (given instanceof Promise) void given.then(answer);
    else answer(given);
  });
  // First of all that it hears, so that it has them when it joins.
  turn?.give(admission.expiresAt);
  socket.on('disconnect', () => {
    lease.end();
    turn?.stop();
    delivery.remove(id);
    requests.end(id);
    // A connection without its socket has nothing left to say.
    socket.conn.close();
  });
}

/** Says why, and ends the connection when that has been sent. */
export function dismiss(socket: SignalingSocket, message: ByeMessage): void {
  socket.emit('bye', message);
  socket.disconnect(true);
}
