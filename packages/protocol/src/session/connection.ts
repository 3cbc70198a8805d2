/**
 * One connection with one remote replica (ARCHITECTURE §5): VERSION, HELLO, and the channels on it, as a pure step
 * function. What is said inside an open channel is the business of `sync.ts`.
 */
import { MAX_CHANNELS, PROTOCOL_VERSION } from '../limits.ts';
import { clipText } from '../wire/text.ts';
import { describe, incompatibility } from './compatibility.ts';
import type {
  ChannelOffer,
  ConnectionEffect,
  ConnectionInput,
  ConnectionState,
  LocalChannel,
} from './connection-types.ts';
import type { ByeCode, Frame, HelloFrame, OpenFrame, RefuseCode } from './frames.ts';
import { doubted, freshLiveness, heard, look, owed, type QueueLook } from './liveness.ts';
import { proveRoom } from './room-proof.ts';
import type { SyncFrame } from './sync-types.ts';

type Step = readonly [ConnectionState, readonly ConnectionEffect[]];

/** A WANT is answered with ENTRIES, a PUSH with the HAVE that acknowledges it. */
const ANSWERED: ReadonlySet<SyncFrame['type']> = new Set(['want', 'push']);

export function initialConnection(self: HelloFrame): ConnectionState {
  const none = { local: new Map(), remote: new Map(), lastChannel: 0, highestRemote: 0 };
  return { phase: 'version', self, peer: null, ...none, liveness: freshLiveness(0) };
}

export function connectionStep(state: ConnectionState, input: ConnectionInput): Step {
  if (state.phase === 'closed') return [state, []];
  switch (input.type) {
    case 'start':
      return [
        { ...state, liveness: freshLiveness(input.now) },
        [{ type: 'send', frame: { type: 'version', version: PROTOCOL_VERSION } }],
      ];
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

/** [CONN-1] Nothing but VERSION before VERSION, nothing but HELLO before HELLO. */
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
      return [{ ...state, phase: 'hello' }, [{ type: 'send', frame: state.self }]];
    case 'hello':
      if (frame.type !== 'hello') return end(state, 'PROTOCOL_ERROR', `expected HELLO, got ${frame.type}`);
      return [{ ...state, phase: 'open', peer: frame }, [{ type: 'met', peer: frame }]];
    default:
      return receiveOpen(state, frame);
  }
}

function receiveOpen(state: ConnectionState, frame: Exclude<Frame, { type: 'bye' }>): Step {
  switch (frame.type) {
    case 'version':
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
      const open = state.remote.get(channel);
      if (open === undefined) return unknownChannel(state, channel, frame.type);
      const local = localFor(state, open);
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
  let next = state;
  // [CONN-3] A later OPEN of the same topic and collection replaces the older one at once.
  for (const [number, older] of state.remote) {
    if (older.room !== open.room || older.collection !== open.collection) continue;
    remote.delete(number);
    const local = localFor(next, older);
    if (local === undefined || local[1].state === 'denied') continue;
    if (local[1].state === 'open') effects.push({ type: 'closed', channel: local[0] });
    next = withLocal(next, local[0], { ...local[1], state: 'waiting' });
  }
  if (remote.size >= MAX_CHANNELS) return end(state, 'PROTOCOL_ERROR', `more than ${MAX_CHANNELS} channels`);
  remote.set(open.channel, open);
  next = { ...next, remote, highestRemote: open.channel };
  const local = localFor(next, open);
  if (local === undefined) return [next, effects];
  const [matched, more] = match(next, local[0], local[1], open);
  return [matched, [...effects, ...more]];
}

function offer(state: ConnectionState, offered: ChannelOffer, denied: boolean): Step {
  if (state.phase !== 'open' || state.peer === null) return [state, []];
  const channel = state.lastChannel + 1;
  const expects = proveRoom(offered.room, state.peer, state.self);
  const local: LocalChannel = { offer: offered, expects, state: denied ? 'denied' : 'waiting' };
  const [free, closed] = closeOlder({ ...state, lastChannel: channel }, local);
  // [CONN-10] The peer would end the connection, and with it all other channels.
  if (!denied && opensOf(free) >= MAX_CHANNELS) {
    const text = `no more than ${MAX_CHANNELS} channels on a connection`;
    return [free, [...closed, { type: 'refused', channel, code: 'TOO_MANY_CHANNELS', text }]];
  }
  const next = withLocal(free, channel, local);
  const said: ConnectionEffect[] = denied
    ? closed
    : [...closed, { type: 'send', frame: openFrame(next, channel, offered) }];
  const open = [...next.remote.values()].find((remote) => isFor(remote, local));
  if (open === undefined) return [next, said];
  const [matched, effects] = match(next, channel, local, open);
  return [matched, [...said, ...effects]];
}

/** [CONN-3] What we offer again is closed first: a channel never goes on with another's frames. */
function closeOlder(state: ConnectionState, local: LocalChannel): readonly [ConnectionState, ConnectionEffect[]] {
  let next = state;
  const effects: ConnectionEffect[] = [];
  for (const [channel, older] of state.local) {
    if (older.expects !== local.expects || older.offer.collection !== local.offer.collection) continue;
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
  const open = [...state.remote.values()].find((remote) => local !== undefined && isFor(remote, local));
  if (local?.state !== 'open' || open === undefined) return [state, []];
  return [
    withLocal(state, channel, { ...local, state: 'refused' }),
    [
      { type: 'send', frame: { type: 'refuse', channel: open.channel, code, text: clipText(text) } },
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
  const open = state.remote.get(number);
  if (open === undefined) return unknownChannel(state, number, 'close');
  const remote = new Map(state.remote);
  remote.delete(number);
  const next = { ...state, remote };
  const spent = localFor(state, open);
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
  for (const [number, open] of state.remote) if (used && isFor(open, local)) remote.delete(number);
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

function end(state: ConnectionState, code: ByeCode, text: string): Step {
  return [
    { ...state, phase: 'closed' },
    [
      { type: 'send', frame: { type: 'bye', code, text: clipText(text) } },
      { type: 'end', code, text, byPeer: false },
    ],
  ];
}

function openFrame({ self, peer }: ConnectionState, channel: number, offered: ChannelOffer): OpenFrame {
  if (peer === null) throw new TypeError('OPEN before HELLO');
  return { type: 'open', channel, ...offered, room: proveRoom(offered.room, self, peer) };
}

function isFor(open: OpenFrame, local: LocalChannel): boolean {
  return open.room === local.expects && open.collection === local.offer.collection;
}

function localFor(state: ConnectionState, open: OpenFrame): readonly [number, LocalChannel] | undefined {
  return [...state.local].find(([, local]) => isFor(open, local));
}

function withLocal(state: ConnectionState, channel: number, local: LocalChannel): ConnectionState {
  return { ...state, local: new Map(state.local).set(channel, local) };
}
