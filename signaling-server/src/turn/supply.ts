/** Gives one client credentials of the TURN server, and others in time, for as long as it is admitted. */
import type { TurnMessage } from '@rxdb-p2p/protocol/signaling';
import type { IssueTurn } from './credentials.ts';

export interface TurnSupply {
  /** The client's admission ends then, milliseconds since 1970, or never: gives it credentials that end no later. */
  give(admittedUntil: number | undefined): void;
  stop(): void;
}

export function createTurnSupply(issue: IssueTurn, send: (message: TurnMessage) => void): TurnSupply {
  let timer: ReturnType<typeof setTimeout> | undefined;

  function give(admittedUntil: number | undefined): void {
    clearTimeout(timer);
    const message = issue(admittedUntil);
    send(message);
    // The rest of an admission is not worth another one: its renewal brings it.
    const ended = Date.now() + message.seconds * 1_000;
    if (admittedUntil !== undefined && ended + 2_000 >= admittedUntil) return;
    timer = setTimeout(() => give(admittedUntil), (message.seconds * 1_000) / 2);
  }

  return { give, stop: () => clearTimeout(timer) };
}
