/** What one caller of `syncP2P` gets: a pool that it can close without closing that of others. */
import { P2PError } from '@rxdb-p2p/protocol';
import { type BehaviorSubject, distinctUntilChanged, map, type Subject } from 'rxjs';
import { defined } from '../defined.ts';
import type { PoolOptions } from '../plugin/options.ts';
import type { TabQuestion } from '../tabs/tab-messages.ts';
import type { AnswerTo } from './leader-answers.ts';
import { pageOptions } from './quarantine-page.ts';
import type { ContestedDocument, P2PPool, PoolStatus } from './types.ts';

/** Of the database, in any tab. */
export type Blocks = Pick<P2PPool, 'block' | 'unblock' | 'blocked'>;

export interface PoolHandleDeps {
  readonly options: PoolOptions;
  readonly collectionName: string;
  readonly status$: BehaviorSubject<PoolStatus>;
  readonly error$: Subject<P2PError>;
  readonly conflicts$: BehaviorSubject<readonly ContestedDocument[]>;
  /** Resolves when the condition holds; rejects when the pool ends first. */
  readonly until: (condition: (status: PoolStatus) => boolean) => Promise<PoolStatus>;
  readonly askLeader: <Asked extends TabQuestion>(asked: Asked) => Promise<AnswerTo<Asked>>;
  readonly blocks: Blocks;
  readonly close: () => Promise<void>;
}

export function createPoolHandle(deps: PoolHandleDeps): P2PPool {
  const { options, collectionName, status$, error$, conflicts$, until, askLeader, blocks, close } = deps;
  /** What belongs to the database is closed with its last pool. */
  async function whileOpen<T>(run: () => Promise<T>): Promise<T> {
    if (status$.value.phase === 'cancelled') throw new P2PError('CANCELLED', 'the pool was cancelled');
    return run();
  }

  return {
    topic: options.topic,
    collectionName,
    status$: status$.asObservable(),
    error$: error$.asObservable(),
    conflicts$: conflicts$.asObservable(),
    peers$: status$.pipe(
      map((status) => status.peers),
      distinctUntilChanged((a, b) => JSON.stringify(a) === JSON.stringify(b)),
    ),
    peerStates$: status$.pipe(map((status) => new Map(status.peers.map((peer) => [peer.replica, peer])))),
    conflicts: (id) => askLeader({ about: 'conflicts', id }),
    async quarantine(given) {
      return askLeader({ about: 'quarantine', ...pageOptions(given) });
    },
    async release({ id, actor, seq }, document) {
      const version = { id, actor, seq };
      return askLeader({ about: 'release', version, ...defined({ document }) });
    },
    async inSync() {
      // What the application has written by now must count, though no event has told of it yet.
      await askLeader({ about: 'writes' });
      await until(({ phase }) => phase === 'in-sync');
    },
    async awaitFirstPeer() {
      const { peers } = await until((status) => status.peers.some(({ phase }) => phase !== 'refused'));
      const first = peers.find(({ phase }) => phase !== 'refused');
      if (first === undefined) throw new P2PError('CANCELLED', 'the pool was cancelled');
      return first;
    },
    async reauthorize() {
      await askLeader({ about: 'authorize' });
    },
    block: (replica) => whileOpen(() => blocks.block(replica)),
    unblock: (replica) => whileOpen(() => blocks.unblock(replica)),
    blocked: () => whileOpen(() => blocks.blocked()),
    cancel: close,
  };
}
