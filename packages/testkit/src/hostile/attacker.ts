/** The attacker of `live-attack.ts`, in a thread of its own: what it costs to attack is not taken from those attacked. */
import { once } from 'node:events';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { deriveTopicKeys } from '@rxdb-p2p/protocol/secrecy';
import type { Link, TransportEvents, TransportFactory } from 'rxdb-p2p/testing';
import type { FRAME_TYPES } from './frame-fuzz.ts';
import { createPortLink } from './port-link.ts';

export const TOPIC = 'family';

/** What it is to do in one round. */
export interface Raid {
  /** fuzzed frames */
  readonly frames: number;
  /** valid frames, each sequence on a link of its own, with a greeting and without */
  readonly sequences: readonly (readonly (typeof FRAME_TYPES)[number][])[];
}

export interface AttackerSettings {
  readonly seed: number;
  readonly schemaHash: string;
  /** of the victim's collection */
  readonly collection: string;
  /** new links in a second, at most */
  readonly linksPerSecond: number;
}

export type ToAttacker = { readonly type: 'raid'; readonly raid: Raid };
export type FromAttacker =
  | { readonly type: 'dial'; readonly port: MessagePort }
  | { readonly type: 'progress'; readonly progress: number; readonly cutOff: number }
  | { readonly type: 'over'; readonly cutOff: number };

export interface Attacker {
  /** how much of the raid is done, 0 to 1 */
  readonly progress: number;
  /** links of it that were ended, so far */
  readonly cutOff: number;
  /** messages that have come on links that were open */
  readonly taken: number;
  raid(raid: Raid): Promise<void>;
  close(): Promise<void>;
}

const ATTACKER_PRINT: Uint8Array = new Uint8Array(32).fill(2);
const VICTIM_PRINT: Uint8Array = new Uint8Array(32).fill(1);

const room = (): string => deriveTopicKeys(undefined, { namespace: 'app', topic: TOPIC }).room;

/** @param dial gives the victim its end of a new link */
export function createAttacker(settings: AttackerSettings, dial: (link: Link) => void): Attacker {
  // Compiled, wherever this runs from: a thread takes no TypeScript.
  const worker = new Worker(new URL('../../dist/hostile/attacker.worker.js', import.meta.url), {
    workerData: settings,
  });
  const seen = { progress: 0, cutOff: 0, taken: 0 };
  const about = { initiator: false, room: room(), fingerprints: { own: VICTIM_PRINT, remote: ATTACKER_PRINT } };
  let links = 0;
  worker.on('message', (message: FromAttacker) => {
    if (message.type !== 'dial') {
      seen.cutOff = message.cutOff;
      seen.progress = message.type === 'over' ? 1 : message.progress;
      return;
    }
    const onTaken = (): void => {
      seen.taken++;
    };
    dial(createPortLink(message.port, { ...about, remoteId: `attacker ${++links}`, onTaken }));
  });
  return {
    get progress() {
      return seen.progress;
    },
    get cutOff() {
      return seen.cutOff;
    },
    get taken() {
      return seen.taken;
    },
    async raid(raid) {
      seen.progress = 0;
      worker.postMessage({ type: 'raid', raid } satisfies ToAttacker);
      for (;;) {
        const [message] = (await once(worker, 'message')) as [FromAttacker];
        if (message.type === 'over') return;
      }
    },
    async close() {
      await worker.terminate();
    },
  };
}

/** In the attacker's thread: links to the victim, made when a room is joined. */
export function createDialFactory(parent: Pick<MessagePort, 'postMessage'>): TransportFactory {
  return {
    key: 'attacker',
    create(events: TransportEvents) {
      const links: Link[] = [];
      return {
        join(name) {
          const { port1, port2 } = new MessageChannel();
          parent.postMessage({ type: 'dial', port: port2 } satisfies FromAttacker, [port2]);
          const fingerprints = { own: ATTACKER_PRINT, remote: VICTIM_PRINT };
          const link = createPortLink(port1, { remoteId: 'victim', initiator: true, room: name, fingerprints });
          links.push(link);
          events.onLink(link);
          return () => link.close();
        },
        async close() {
          for (const link of links) link.close();
        },
      };
    },
  };
}
