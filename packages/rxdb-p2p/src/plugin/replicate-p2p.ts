/** `replicateP2P`: the same pools in the shape that users of RxDB's WebRTC replication know. */
import { P2PError } from '@rxdb-p2p/protocol';
import type { RxCollection } from 'rxdb';
import { A_BOOLEAN, A_POSITIVE_NUMBER, checkOptions, type OptionCheck, type OptionChecks } from '../check-options.ts';
import { defined } from '../defined.ts';
import type { P2PPool, PeerIdentity, PeerVerdict } from '../pool/types.ts';
import type { TransportFactory } from '../transport/port.ts';

/** One direction. Batch sizes are chosen by bytes, so `batchSize` is taken and has no effect. */
export interface DirectionOptions {
  readonly batchSize?: number;
  /** Refused: skipping or changing documents on the way breaks convergence. */
  readonly modifier?: never;
}

export interface ReplicateP2POptions<Doc> {
  readonly collection: RxCollection<Doc>;
  readonly topic: string;
  /** `getConnectionHandlerSimplePeer({ signalingServerUrl, wrtc, config })` */
  readonly connectionHandlerCreator: TransportFactory;
  /** Left out: this device takes no documents. */
  readonly pull?: DirectionOptions;
  /** Left out: this device sends no documents. */
  readonly push?: DirectionOptions;
  readonly allowedPeers?: readonly string[];
  readonly isPeerValid?: (peer: PeerIdentity) => boolean | Promise<boolean>;
  readonly authorize?: (peer: PeerIdentity) => PeerVerdict | Promise<PeerVerdict>;
  readonly namespace?: string;
  /** As in `syncP2P`. */
  readonly secret?: string;
  readonly conflictHandlerVersion?: string;
  /** All sync is live: `false` is refused. */
  readonly live?: true;
  /** Taken, as users of RxDB's replication have them, without effect: whether to try again depends on what failed. */
  readonly retryTime?: number;
  /** Taken, without effect. */
  readonly requestTimeout?: number;
  /** Taken, without effect: a hidden page goes on. */
  readonly toggleOnDocumentVisible?: boolean;
}

/** Those that are handed on are checked by `syncP2P`. */
const HANDED_ON: OptionCheck = ['', () => true];
const CHECKS: OptionChecks<keyof ReplicateP2POptions<unknown>> = {
  ...{ collection: HANDED_ON, topic: HANDED_ON, connectionHandlerCreator: HANDED_ON, pull: HANDED_ON, push: HANDED_ON },
  ...{
    allowedPeers: HANDED_ON,
    isPeerValid: HANDED_ON,
    authorize: HANDED_ON,
    namespace: HANDED_ON,
    secret: HANDED_ON,
    conflictHandlerVersion: HANDED_ON,
  },
  live: ['true: all sync is live', (value) => value === true],
  retryTime: A_POSITIVE_NUMBER,
  requestTimeout: A_POSITIVE_NUMBER,
  toggleOnDocumentVisible: A_BOOLEAN,
};
const DIRECTION_CHECKS: OptionChecks<keyof DirectionOptions> = {
  batchSize: A_POSITIVE_NUMBER,
  modifier: HANDED_ON,
};

/**
 * Starts live replication of one collection with every device on the topic.
 *
 * @throws P2PError (as a rejection) `PLUGIN_MISSING`, `MODIFIER_UNSUPPORTED`, `OPTIONS_INVALID`, and those of `syncP2P`
 */
export async function replicateP2P<Doc>(options: ReplicateP2POptions<Doc>): Promise<P2PPool<Doc>> {
  checkOptions('the options of replicateP2P', options, CHECKS);
  const { collection, topic, connectionHandlerCreator, pull, push, namespace, conflictHandlerVersion } = options;
  const { allowedPeers, isPeerValid, authorize, secret } = options;
  for (const [name, direction] of Object.entries({ pull, push })) {
    if (direction === undefined) continue;
    checkOptions(`${name} of replicateP2P`, direction, DIRECTION_CHECKS);
    if (direction.modifier === undefined) continue;
    throw new P2PError(
      'MODIFIER_UNSUPPORTED',
      'a modifier would skip or change documents on their way, and replicas would differ',
      {
        hint: 'keep what is not to be shared in a collection of its own',
      },
    );
  }
  if (typeof (collection as { readonly syncP2P?: unknown } | undefined)?.syncP2P !== 'function') {
    throw new P2PError('PLUGIN_MISSING', 'the plugin is not added to RxDB', {
      hint: "call addRxPlugin(RxDBP2PPlugin) from 'rxdb-p2p' before the collection is created",
    });
  }
  const transport = connectionHandlerCreator as TransportFactory | undefined;
  if (typeof transport?.create !== 'function') {
    throw new P2PError('OPTIONS_INVALID', 'connectionHandlerCreator', {
      expected: 'what getConnectionHandlerSimplePeer({ signalingServerUrl }) returns',
      got: typeof transport,
    });
  }
  const directions = { pull: pull !== undefined, push: push !== undefined };
  const rules = { allowedPeers, isPeerValid, authorize };
  const given = defined({ transport, ...directions, ...rules, namespace, secret, conflictHandlerVersion });
  return collection.syncP2P(topic, given);
}
