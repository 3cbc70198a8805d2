/**
 * One connection with one remote replica (ARCHITECTURE §5): VERSION, handshake, HELLO, and the channels on it, as a pure step
 * function. What is said inside an open channel is the business of `sync.ts`.
 */
import { MAX_CHANNELS, PROTOCOL_VERSION } from '../limits.ts';
import { clipText } from '../wire/text.ts';
import { describe, incompatibility } from './compatibility.ts';
import { end, type Step, sendAll } from './connection-end.ts';
import type {
  ChannelOffer,
  ConnectionEffect,
  ConnectionInput,
  ConnectionState,
  LocalChannel,
} from './connection-types.ts';
import type { Frame, HelloFrame, OpenFrame, RefuseCode } from './frames.ts';
import type { Handshake, HandshakeFrame } from './handshake.ts';
import { doubted, freshLiveness, heard, look, owed, type QueueLook } from './liveness.ts';
import type { SyncFrame } from './sync-types.ts';
import { isFor, localFor, openFrame, roomOf, withLocal, withTopic } from './topics.ts';

/** A WANT is answered with ENTRIES, a PUSH with the HAVE that acknowledges it. */
const ANSWERED: ReadonlySet<SyncFrame['type']> = new Set(['want', 'push']);

export function initialConnection(self: HelloFrame, handshake: Handshake): ConnectionState {
  const none = { local: new Map(), remote: new Map(), topics: new Map(), lastChannel: 0, highestRemote: 0 };
  return { phase: 'version', self, handshake, proven: null, peer: null, ...none, liveness: freshLiveness(0) };
}

export function connectionStep(state: ConnectionState, input: ConnectionInput): Step {
  if (state.phase === 'closed') return [state, []];
  switch (input.type) {
    case 'start': {
      // What the handshake begins with needs no answer to VERSION: whoever has another version reads no further.
      const { next, frames } = state.handshake.begin();
      return [
        { ...state, handshake: next, liveness: freshLiveness(input.now) },
        sendAll([{ type: 'version', version: PROTOCOL_VERSION }, ...frames]),
      ];
    }
    case 'frame':
      return receive({ ...state, liveness: heard(state.liveness, input.now) }, input.frame);
    case 'heard':
      return [{ ...state, liveness: heard(state.liveness, input.now) }, []];
    case 'offer':
      return offer(state, input.offer, input.denied);
    case 'withdraw':
      return withdraw(state, input.channel);
    case 'refuse':
      return refuse(state, input.channel, input.code, input.text);
    case 'sync-frame':
      if (state.local.get(input.channel)?.state !== 'open') return [state, []];
      return [
        ANSWERED.has(input.frame.type) ? { ...state, liveness: owed(state.liveness, input.now) } : state,
        [{ type: 'send', frame: { ...input.frame, channel: input.channel } }],
      ];
    case 'tick':
      return tick(state, input);
    case 'doubt':
      return [{ ...state, liveness: doubted(state.liveness, input.now) }, ask(state)];
    case 'end':
      return end(state, input.code, input.text);
  }
}

/** [CONN-1] Nothing but VERSION before VERSION, nothing but the handshake before its end, nothing but HELLO before HELLO. */
function receive(state: ConnectionState, frame: Frame): Step {
  if (frame.type === 'bye') {
    return [{ ...state, phase: 'closed' }, [{ type: 'end', code: frame.code, text: frame.text, byPeer: true }]];
  }
  switch (state.phase) {
    case 'version':
      if (frame.type !== 'version') return end(state, 'PROTOCOL_ERROR', `expected VERSION, got ${frame.type}`);
      if (frame.version !== PROTOCOL_VERSION) {
        return end(state, 'VERSION_UNSUPPORTED', `expected version ${PROTOCOL_VERSION}, got ${frame.version}`);
      }
      return [{ ...state, phase: 'handshake' }, []];
    case 'handshake':
      if (frame.type === 'noise' || frame.type === 'proof') return shakeHands(state, frame);
      return end(state, 'PROTOCOL_ERROR', `expected the handshake, got ${frame.type}`);
    case 'hello':
      if (frame.type !== 'hello') return end(state, 'PROTOCOL_ERROR', `expected HELLO, got ${frame.type}`);
      return introduced(state, frame);
    default:
      return receiveOpen(state, frame);
  }
}

/** [LINK-1] Who cannot finish the handshake learns nothing but that. */
function shakeHands(state: ConnectionState, frame: HandshakeFrame): Step {
  const progress = state.handshake.receive(frame);
  if ('refused' in progress) return end(state, progress.refused, progress.text);
  const { next, frames, proven } = progress;
  if (proven === undefined) return [{ ...state, handshake: next }, sendAll(frames)];
  return [{ ...state, phase: 'hello', handshake: next, proven }, sendAll([...frames, state.self])];
}

function introduced(state: ConnectionState, { session, time, features }: HelloFrame): Step {
  const { proven } = state;
  if (proven === null) throw new TypeError('HELLO before the handshake');
  const peer = { replica: proven.replica, session, time, features };
  return [{ ...state, phase: 'open', peer }, [{ type: 'met', peer, proven }]];
}

function receiveOpen(state: ConnectionState, frame: Exclude<Frame, { type: 'bye' }>): Step {
  switch (frame.type) {
    case 'version':
    case 'noise':
    case 'proof':
    case 'hello':
      return end(state, 'PROTOCOL_ERROR', `${frame.type} came twice`);
    case 'ping':
      return [state, [{ type: 'send', frame: { type: 'pong', token: frame.token } }]];
    case 'pong':
      return [state, []];
    case 'open':
      return opened(state, frame);
    case 'close':
      return closedByPeer(state, frame.channel);
    case 'refuse':
      return refusedByPeer(state, frame.channel, frame.code, frame.text);
    default: {
      const { channel, ...inner } = frame;
      const remote = state.remote.get(channel);
      if (remote === undefined) return unknownChannel(state, channel, frame.type);
      // [CONN-23] Both sides have to open a channel before one of them says something on it.
      if (remote.room === null) return end(state, 'TOPIC_UNPROVED', `${frame.type} for a topic that was not proved`);
      const local = localFor(state, remote);
      if (local === undefined || local[1].state !== 'open') return [state, []];
      return [state, [{ type: 'received', channel: local[0], frame: inner as SyncFrame }]];
    }
  }
}

function opened(state: ConnectionState, open: OpenFrame): Step {
  if (open.channel <= state.highestRemote)
    return end(state, 'PROTOCOL_ERROR', `channel ${open.channel} was opened before`);
  const effects: ConnectionEffect[] = [];
  const remote = new Map(state.remote);
  const room = roomOf(state, open);
  let next = state;
  // [CONN-3] A later OPEN of the same topic and collection replaces the older one at once.
  for (const [number, older] of state.remote) {
    if (room === null || older.room !== room || older.open.collection !== open.collection) continue;
    remote.delete(number);
    const local = localFor(next, older);
    if (local === undefined || local[1].state === 'denied') continue;
    if (local[1].state === 'open') effects.push({ type: 'closed', channel: local[0] });
    next = withLocal(next, local[0], { ...local[1], state: 'waiting' });
  }
  if (remote.size >= MAX_CHANNELS) return end(state, 'PROTOCOL_ERROR', `more than ${MAX_CHANNELS} channels`);
  const opened = { open, room };
  remote.set(open.channel, opened);
  next = { ...next, remote, highestRemote: open.channel };
  const local = localFor(next, opened);
  if (local === undefined) return [next, effects];
  const [matched, more] = match(next, local[0], local[1], open);
  return [matched, [...effects, ...more]];
}

function offer(state: ConnectionState, offered: ChannelOffer, denied: boolean): Step {
  if (state.phase !== 'open' || state.peer === null) return [state, []];
  const channel = state.lastChannel + 1;
  const local: LocalChannel = { offer: offered, state: denied ? 'denied' : 'waiting' };
  const [free, closed] = closeOlder({ ...withTopic(state, offered), lastChannel: channel }, local);
  // [CONN-10] The peer would end the connection, and with it all other channels.
  if (!denied && opensOf(free) >= MAX_CHANNELS) {
    const text = `no more than ${MAX_CHANNELS} channels on a connection`;
    return [free, [...closed, { type: 'refused', channel, code: 'TOO_MANY_CHANNELS', text }]];
  }
  const next = withLocal(free, channel, local);
  const said: ConnectionEffect[] = denied
    ? closed
    : [...closed, { type: 'send', frame: openFrame(next, channel, offered) }];
  const remote = [...next.remote.values()].findLast((other) => isFor(other, local));
  if (remote === undefined) return [next, said];
  const [matched, effects] = match(next, channel, local, remote.open);
  return [matched, [...said, ...effects]];
}

/** [CONN-3] What we offer again is closed first: a channel never goes on with another's frames. */
function closeOlder(state: ConnectionState, local: LocalChannel): readonly [ConnectionState, ConnectionEffect[]] {
  let next = state;
  const effects: ConnectionEffect[] = [];
  for (const [channel, older] of state.local) {
    if (older.offer.room !== local.offer.room || older.offer.collection !== local.offer.collection) continue;
    const [without, said] = withdraw(next, channel);
    if (older.state === 'open') effects.push({ type: 'closed', channel });
    effects.push(...said);
    next = without;
  }
  return [next, effects];
}

/** OPENs of ours that stand. */
function opensOf({ local }: ConnectionState): number {
  return [...local.values()].filter(({ state }) => state !== 'denied').length;
}

/** [CONN-2] Both sides have opened: they compare what they opened, and come to the same verdict. */
function match(state: ConnectionState, channel: number, local: LocalChannel, open: OpenFrame): Step {
  const refusal = local.state === 'denied' ? 'NOT_ALLOWED' : incompatibility(local.offer, open);
  if (refusal === undefined) {
    const directions = { outgoing: local.offer.sends && open.receives, incoming: local.offer.receives && open.sends };
    return [withLocal(state, channel, { ...local, state: 'open' }), [{ type: 'opened', channel, directions, open }]];
  }
  const text = refusal === 'NOT_ALLOWED' ? '' : clipText(describe(local.offer));
  const refuse: ConnectionEffect = {
    type: 'send',
    frame: { type: 'refuse', channel: open.channel, code: refusal, text },
  };
  if (refusal === 'NOT_ALLOWED') return [state, [refuse]];
  return [
    withLocal(state, channel, { ...local, state: 'refused' }),
    [refuse, { type: 'refused', channel, code: refusal, text: describe(open) }],
  ];
}

/** [CONN-32] An open channel is refused for what came on it. */
function refuse(state: ConnectionState, channel: number, code: RefuseCode, text: string): Step {
  const local = state.local.get(channel);
  const remote = [...state.remote.values()].findLast((other) => local !== undefined && isFor(other, local));
  if (local?.state !== 'open' || remote === undefined) return [state, []];
  return [
    withLocal(state, channel, { ...local, state: 'refused' }),
    [
      { type: 'send', frame: { type: 'refuse', channel: remote.open.channel, code, text: clipText(text) } },
      { type: 'closed', channel },
      { type: 'refused', channel, code, text },
    ],
  ];
}

function refusedByPeer(state: ConnectionState, channel: number, code: RefuseCode, text: string): Step {
  const local = state.local.get(channel);
  if (local === undefined || local.state === 'refused' || local.state === 'denied') return [state, []];
  const next = withLocal(state, channel, { ...local, state: 'refused' });
  const closed: ConnectionEffect[] = local.state === 'open' ? [{ type: 'closed', channel }] : [];
  return [next, [...closed, { type: 'refused', channel, code, text }]];
}

/**
 * [CONN-6] A channel lives as long as the pair of OPENs that made it. When the peer closes its side, ours is spent: we
 * open a new one, and wait for the peer's next. What still comes under a spent number is dropped, so that nothing of
 * one session is taken for an answer in the next.
 */
function closedByPeer(state: ConnectionState, number: number): Step {
  const closing = state.remote.get(number);
  if (closing === undefined) return unknownChannel(state, number, 'close');
  const remote = new Map(state.remote);
  remote.delete(number);
  const next = { ...state, remote };
  const spent = localFor(state, closing);
  if (spent === undefined || spent[1].state === 'denied' || spent[1].state === 'waiting') return [next, []];
  const [channel, local] = spent;
  const to = next.lastChannel + 1;
  const locals = new Map(next.local);
  locals.delete(channel);
  locals.set(to, { ...local, state: 'waiting' });
  const closed: ConnectionEffect[] = local.state === 'open' ? [{ type: 'closed', channel }] : [];
  return [
    { ...next, local: locals, lastChannel: to },
    [...closed, { type: 'renumbered', channel, to }, { type: 'send', frame: openFrame(next, to, local.offer) }],
  ];
}

function withdraw(state: ConnectionState, channel: number): Step {
  const local = state.local.get(channel);
  if (local === undefined) return [state, []];
  const remaining = new Map(state.local);
  remaining.delete(channel);
  const remote = new Map(state.remote);
  const used = local.state === 'open' || local.state === 'refused';
  for (const [number, other] of state.remote) if (used && isFor(other, local)) remote.delete(number);
  const next = { ...state, local: remaining, remote };
  return [next, local.state === 'denied' ? [] : [{ type: 'send', frame: { type: 'close', channel } }]];
}

/** Numbers rise: one that was opened once and is not known any more is spent. */
function unknownChannel(state: ConnectionState, channel: number, type: string): Step {
  if (channel <= state.highestRemote) return [state, []];
  return end(state, 'PROTOCOL_ERROR', `${type} on a channel that was never opened`);
}

function tick(state: ConnectionState, queue: QueueLook): Step {
  const [liveness, verdict] = look(state.liveness, queue);
  const next = { ...state, liveness };
  if (verdict === 'alive') return [next, []];
  if (verdict === 'ask') return [next, ask(next)];
  return verdict === 'suspect' ? [next, [...ask(next), { type: 'suspect' }]] : end(next, 'TIMED_OUT', verdict.dead);
}

/** Before HELLO there is no PING; the handshake itself is what the peer owes. */
function ask({ phase, lastChannel }: ConnectionState): readonly ConnectionEffect[] {
  return phase === 'open' ? [{ type: 'send', frame: { type: 'ping', token: lastChannel } }] : [];
}
