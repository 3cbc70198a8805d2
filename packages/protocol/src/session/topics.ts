/** Which OPENs of a peer are for the same topic and collection as ours. */
import { MAX_CHANNELS } from '../limits.ts';
import type { ChannelOffer, ConnectionState, LocalChannel, RemoteChannel } from './connection-types.ts';
import type { OpenFrame } from './frames.ts';
import { provesTopic, proveTopic } from './open-proof.ts';

export function openFrame({ proven }: ConnectionState, channel: number, offered: ChannelOffer): OpenFrame {
  if (proven === null) throw new TypeError('OPEN before HELLO');
  const { room: _room, openKey, ...said } = offered;
  const proof = proveTopic(openKey, { handshake: proven.hash, byInitiator: proven.initiator, channel });
  return { type: 'open', channel, proof, ...said };
}

/** [CONN-5] The room of the topic whose key an OPEN proves; null: of none that we have offered here. */
export function roomOf({ proven, topics }: ConnectionState, { proof, channel }: OpenFrame): string | null {
  if (proven === null) throw new TypeError('OPEN before HELLO');
  const place = { handshake: proven.hash, byInitiator: !proven.initiator, channel };
  for (const [room, openKey] of topics) if (provesTopic(proof, openKey, place)) return room;
  return null;
}

/** What was opened before we had the topic may prove it now. */
export function withTopic(state: ConnectionState, { room, openKey }: ChannelOffer): ConnectionState {
  if (state.topics.has(room)) return state;
  const topics = new Map(state.topics).set(room, openKey);
  if (topics.size > MAX_CHANNELS) {
    const standing = new Set([...state.local.values()].map(({ offer }) => offer.room));
    const spent = [...topics.keys()].find((known) => known !== room && !standing.has(known));
    if (spent !== undefined) topics.delete(spent);
  }
  const own = { ...state, topics: new Map([[room, openKey]]) };
  const remote = new Map(state.remote);
  const latest = new Map<string, number>();
  for (const [number, known] of remote) {
    if (known.room !== null || roomOf(own, known.open) === null) continue;
    remote.set(number, { ...known, room });
    // [CONN-3] Of several the last one counts; a map keeps the order in which they came.
    const older = latest.get(known.open.collection);
    if (older !== undefined) remote.delete(older);
    latest.set(known.open.collection, number);
  }
  return { ...state, topics, remote };
}

export function isFor(remote: RemoteChannel, local: LocalChannel): boolean {
  return remote.room === local.offer.room && remote.open.collection === local.offer.collection;
}

export function localFor(state: ConnectionState, remote: RemoteChannel): readonly [number, LocalChannel] | undefined {
  return [...state.local].find(([, local]) => isFor(remote, local));
}

export function withLocal(state: ConnectionState, channel: number, local: LocalChannel): ConnectionState {
  return { ...state, local: new Map(state.local).set(channel, local) };
}
