/** What the connection doctor looks at: plain data, and nothing that is secret. */
import type { PoolStatus } from 'rxdb-p2p';

/** How an attempt to reach the server that introduces devices has ended. */
export type ServerAnswer = 'ok' | 'silent' | 'something-else';

export interface Facts {
  /** Whether the browser says that it has a network. */
  readonly online: boolean;
  readonly server: ServerAnswer;
  /** This device's clock minus that of the server, milliseconds; undefined: the server does not tell. */
  readonly clockOffsetMs: number | undefined;
  /** Whether two connections within this page find each other; undefined: the browser has no WebRTC. */
  readonly selfTest: boolean | undefined;
  /** Kinds of addresses that this device finds for itself: `host`, `srflx` (seen from outside), `relay`. */
  readonly addresses: readonly string[];
  /** Whether this site was set up with servers that help through networks. */
  readonly hasStun: boolean;
  readonly hasTurn: boolean;
  readonly status: PoolStatus | undefined;
  /** Codes of what went wrong since the board was opened, the latest first. */
  readonly codes: readonly string[];
  readonly roomCode: string;
  readonly persisted: boolean | undefined;
}
