/** The default transport: data channels by simple-peer, introduced by a signaling server. */
import { P2PError } from '@rxdb-p2p/protocol';
import { A_FUNCTION, checkOptions, type OptionCheck, type OptionChecks } from '../check-options.ts';
import { defined } from '../defined.ts';
import { createTimers } from '../pool/timers.ts';
import { randomBytes, randomFraction, randomId } from '../random.ts';
import { createBackoff } from './backoff.ts';
import type { Mesh } from './mesh/mesh.ts';
import { MAX_MAX_CONNECTIONS, MESH_LIMITS, type MeshLimits, MIN_MAX_CONNECTIONS } from './mesh/mesh-limits.ts';
import { watchPage } from './page-lifecycle.ts';
import type { Transport, TransportEvents, TransportFactory } from './port.ts';
import { createProblems } from './problems.ts';
import { createRoomUsers } from './room-users.ts';
import { createIssuedTurn } from './signaling/issued-turn.ts';
import { SIGNALING_TIMINGS, type SignalingTimings } from './signaling/signaling-timings.ts';
import type { GetToken } from './signaling/signaling-token.ts';
import { parseSignalingUrls, type SignalingUrl, signalingKey } from './signaling/signaling-url.ts';
import { type Libraries, loadLibraries } from './webrtc/libraries.ts';
import {
  checkConfiguration,
  findWebRTC,
  type TolerantWebRTC,
  type WebRTC,
  webRTCUnsupported,
} from './webrtc/webrtc.ts';

export interface SimplePeerTransportOptions {
  /** URL of the signaling server, or of up to three. Default: the origin of the page. */
  readonly signalingServerUrl?: string | readonly string[] | undefined;
  /**
   * Gives the token that the signaling server asks for; called with every connection, and before a token ends. Of
   * several calls for one database and server, the first one's is used.
   */
  readonly getToken?: GetToken | undefined;
  /** STUN and TURN servers. Default: those of `config`, else none. */
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  /** `relay` uses TURN servers alone. Default: that of `config`, else `all`. */
  readonly iceTransportPolicy?: RTCIceTransportPolicy | undefined;
  /** A WebRTC implementation where the platform has none, such as `node-datachannel/polyfill` in Node. */
  readonly wrtc?: WebRTC | undefined;
  /** Other settings, as RTCPeerConnection takes them. */
  readonly config?: RTCConfiguration | undefined;
  /** Connections at once, 2 to 64; other devices are reached through those in between. Default 8. */
  readonly maxConnections?: number | undefined;
}

/** For tests, which cannot wait as long as networks do. */
export interface SimplePeerTuning {
  readonly mesh: MeshLimits;
  readonly signaling: SignalingTimings;
}

const DEFAULT_TUNING: SimplePeerTuning = { mesh: MESH_LIMITS, signaling: SIGNALING_TIMINGS };
/** Between attempts to load a chunk of the application. */
const LOAD_RETRY = { minMs: 1_000, maxMs: 30_000 };

export interface SimplePeerTransport extends Transport {
  /** Signals that were dropped: not understood, of an earlier attempt, or too many. */
  readonly droppedSignals: number;
  /** How many links are kept for a room. */
  linksIn(room: string): number;
}

/** Options of `getConnectionHandlerSimplePeer`, as users of RxDB's WebRTC replication know them. */
export type ConnectionHandlerOptions = Pick<
  SimplePeerTransportOptions,
  'signalingServerUrl' | 'getToken' | 'wrtc' | 'config' | 'maxConnections'
>;

/** For whoever takes `maxConnections`. */
export const A_CONNECTION_COUNT: OptionCheck = [
  `a whole number from ${MIN_MAX_CONNECTIONS} to ${MAX_MAX_CONNECTIONS}; ${MESH_LIMITS.links} suits most pools`,
  (value) => Number.isInteger(value) && Number(value) >= MIN_MAX_CONNECTIONS && Number(value) <= MAX_MAX_CONNECTIONS,
];

const AN_OBJECT: OptionCheck = ['an object', (value) => typeof value === 'object' && value !== null];
/** For whoever takes URLs of signaling servers; whether they are such is checked when they are parsed. */
export const SIGNALING_URLS: OptionCheck = [
  'a string, or an array of them',
  (value) => [value].flat().every((url) => typeof url === 'string'),
];
const HANDLER_CHECKS: OptionChecks<keyof ConnectionHandlerOptions> = {
  signalingServerUrl: SIGNALING_URLS,
  getToken: A_FUNCTION,
  wrtc: AN_OBJECT,
  config: AN_OBJECT,
  maxConnections: A_CONNECTION_COUNT,
};

/**
 * The connection handler for `replicateP2P`. Takes `(signalingServerUrl, wrtc)` too, as older releases of RxDB do.
 *
 * @throws P2PError `OPTIONS_INVALID`, `SIGNALING_URL_INVALID`, `SIGNALING_REQUIRED`
 */
export function getConnectionHandlerSimplePeer(
  options: ConnectionHandlerOptions | string,
  wrtc?: WebRTC,
): TransportFactory {
  if (typeof options === 'string') return createSimplePeerTransportFactory({ signalingServerUrl: options, wrtc });
  checkOptions('the options of getConnectionHandlerSimplePeer', options, HANDLER_CHECKS);
  return createSimplePeerTransportFactory(options);
}

/** @throws P2PError `SIGNALING_URL_INVALID`, `SIGNALING_REQUIRED` */
export function createSimplePeerTransportFactory(
  options: SimplePeerTransportOptions,
  tuning: SimplePeerTuning = DEFAULT_TUNING,
): TransportFactory {
  const urls = parseSignalingUrls(options.signalingServerUrl ?? pageOrigin());
  const config = configurationOf(options);
  const wrtc = options.wrtc === undefined ? 'platform' : 'given';
  const { getToken } = options;
  const token = getToken === undefined ? 'no token' : 'token';
  const links = options.maxConnections ?? tuning.mesh.links;
  const tuned = { ...tuning, mesh: { ...tuning.mesh, links } };
  return {
    key: JSON.stringify(['simple-peer', urls.map(signalingKey).sort(), config, wrtc, links, token]),
    preload: () => void loadLibraries(),
    create: (events) =>
      createSimplePeerTransport({ urls, getToken, config, wrtc: options.wrtc, tuning: tuned }, events),
  };
}

export interface SimplePeerTransportSettings {
  readonly urls: readonly SignalingUrl[];
  readonly getToken?: GetToken | undefined;
  readonly config: RTCConfiguration;
  readonly wrtc: WebRTC | undefined;
  readonly tuning: SimplePeerTuning;
}

export function createSimplePeerTransport(
  { urls, getToken, config, wrtc, tuning }: SimplePeerTransportSettings,
  events: TransportEvents,
): SimplePeerTransport {
  const timers = createTimers();
  const problems = createProblems((problem) => events.onProblem(problem));
  const loadDelays = createBackoff(LOAD_RETRY, randomFraction);
  let mesh: Mesh | undefined;
  let starting = false;
  let closed: Promise<void> | undefined;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let stopWatching: (() => void) | undefined;

  const users = createRoomUsers({
    wanted(room, key) {
      mesh?.join(room, key);
      if (starting) return;
      starting = true;
      // Later: nobody expects to be told of a problem before `join` has returned.
      queueMicrotask(start);
    },
    unwanted: (room) => mesh?.leave(room),
  });

  function start(): void {
    if (closed !== undefined) return;
    const webRTC = findWebRTC(wrtc);
    const problem = webRTC === undefined ? webRTCUnsupported() : checkConfiguration(webRTC, config);
    // Both stay as they are for as long as the page lives.
    if (problem !== undefined) problems.report('webrtc', problem);
    else if (webRTC !== undefined) void load(webRTC);
  }

  async function load(webRTC: TolerantWebRTC): Promise<void> {
    const libraries = await loadLibraries();
    if (closed !== undefined) return;
    if (libraries instanceof P2PError) {
      problems.report('libraries', libraries);
      retry = setTimeout(() => void load(webRTC), loadDelays.next());
      return;
    }
    problems.solve('libraries');
    open(libraries, webRTC);
  }

  function open(libraries: Libraries, webRTC: TolerantWebRTC): void {
    const { SimplePeer, io, createMesh, createSeveralServers, createSignalingClient, createPeerConnection, seals } =
      libraries;
    const signalingDeps = { io, random: randomFraction, timings: tuning.signaling, getToken };
    const turn = createIssuedTurn(timers.now);
    const opened = createMesh({
      createSignaling: (signalingEvents) =>
        createSeveralServers(
          urls.map((url) => (serverEvents) => createSignalingClient(url, signalingDeps, serverEvents)),
          { ...signalingEvents, onTurn: turn.take, onProblem: (problem) => events.onProblem(problem) },
        ),
      connect: (initiator, peerEvents) =>
        createPeerConnection({ SimplePeer, webRTC, config: turn.addTo(config) }, initiator, peerEvents),
      limits: tuning.mesh,
      timers,
      randomName: () => randomId(16),
      randomBytes,
      library: seals,
      onRefused: (room, problem) => events.onRefused?.(room, problem),
      onUnreachable: (room) => events.onUnreachable?.(room),
      onLink: (link) => events.onLink(link),
    });
    mesh = opened;
    for (const [room, key] of users.entries) opened.join(room, key);
    stopWatching = watchPage({ onHide: opened.sleep, onWake: opened.wake }, timers);
  }

  async function shutDown(): Promise<void> {
    clearTimeout(retry);
    stopWatching?.();
    users.clear();
    await mesh?.close();
  }

  return {
    get droppedSignals() {
      return mesh?.droppedSignals ?? 0;
    },
    redial: () => mesh?.redial(),
    linksIn: (room) => mesh?.linksIn(room) ?? 0,
    join: (room, key) => (closed === undefined ? users.use(room, key) : () => undefined),
    close() {
      closed ??= shutDown();
      return closed;
    },
  };
}

function configurationOf({ config, iceServers, iceTransportPolicy }: SimplePeerTransportOptions): RTCConfiguration {
  return {
    ...config,
    // simple-peer has public servers for those who name none; we contact nobody unasked.
    iceServers: [...(iceServers ?? config?.iceServers ?? [])],
    ...defined({ iceTransportPolicy }),
  };
}

function pageOrigin(): string {
  const origin = globalThis.location?.origin;
  if (origin !== undefined && origin !== 'null') return origin;
  throw new P2PError('SIGNALING_REQUIRED', 'there is no page whose origin could be the signaling server', {
    expected: "the option `signaling` (`signalingServerUrl`), such as 'https://signal.example.org'",
    hint: 'pass it to syncP2P, or set it once in createRxDatabase({ options: { p2p: { signaling } } })',
  });
}
