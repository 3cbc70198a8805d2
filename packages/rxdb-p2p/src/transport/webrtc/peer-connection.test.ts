import { describe, expect, it } from 'vitest';
import { MAX_EARLY_BYTES } from '../link-limits.ts';
import type { SignalBody } from '../mesh/signal-codec.ts';
import { createPeerConnection, MAX_CANDIDATES, type PeerConnection } from './peer-connection.ts';
import type { SimplePeerClass, SimplePeerOptions } from './simple-peer-class.ts';
import { checkConfiguration, findWebRTC } from './webrtc.ts';

type Listener = (argument: unknown) => void;

interface Staged {
  readonly connection: PeerConnection;
  readonly options: SimplePeerOptions;
  /** signals that simple-peer was given */
  readonly given: object[];
  /** what simple-peer was told to send */
  readonly sent: Uint8Array[];
  readonly told: SignalBody[];
  readonly ends: (Error | undefined)[];
  emit(event: string, argument?: unknown): void;
}

/** A simple-peer that does only what the test says: for what real ones do rarely, or should never do. */
function stage(initiator: boolean, config: RTCConfiguration = {}, failing?: Error): Staged {
  const listeners = new Map<string, Listener>();
  const given: object[] = [];
  const sent: Uint8Array[] = [];
  const told: SignalBody[] = [];
  const ends: (Error | undefined)[] = [];
  const doubts: number[] = [];
  let options: SimplePeerOptions | undefined;
  class StagedPeer {
    readonly _channel = null;
    private over = false;
    constructor(passed: SimplePeerOptions) {
      options = passed;
    }
    signal(signal: object): void {
      if (failing !== undefined) throw failing;
      given.push(signal);
    }
    send(message: Uint8Array): void {
      if (failing !== undefined) throw failing;
      sent.push(message);
    }
    destroy(): void {
      if (this.over) return;
      this.over = true;
      listeners.get('close')?.(undefined);
    }
    on(event: string, listener: Listener): void {
      listeners.set(event, listener);
    }
  }
  const SimplePeer = StagedPeer as unknown as SimplePeerClass;
  const webRTC = { RTCPeerConnection: Object, RTCSessionDescription: Object, RTCIceCandidate: Object } as never;
  const connection = createPeerConnection({ SimplePeer, webRTC, config }, initiator, {
    onSignal: (body) => told.push(body),
    onOpen: () => undefined,
    onEnd: (error) => ends.push(error),
    onDoubt: () => doubts.push(ends.length),
  });
  if (options === undefined) throw new Error('expected simple-peer to be made');
  return { connection, options, given, sent, told, ends, emit: (event, argument) => listeners.get(event)?.(argument) };
}

const candidate = (number: number): object => ({
  type: 'candidate',
  candidate: { candidate: `candidate:${number} 1 udp 1 192.0.2.1 9 typ host`, sdpMid: '0', sdpMLineIndex: 0 },
});
const FINGERPRINT = `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}\r\n`;
const sdp = (limit: string): string =>
  `v=0\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n${FINGERPRINT}${limit}a=mid:0\r\n`;

describe('peer connection', () => {
  it('contacts no server that it was not told of, and changes nothing that it was given', () => {
    expect(stage(true).options.config).toEqual({ iceServers: [] });
    const server = Object.freeze({ urls: 'stun:127.0.0.1' });
    const { options } = stage(true, Object.freeze({ iceServers: [server], iceTransportPolicy: 'relay' as const }));
    expect(options.config).toEqual({ iceServers: [server], iceTransportPolicy: 'relay' });
    expect((options.config as RTCConfiguration).iceServers?.[0]).not.toBe(server);
  });

  it('sends candidates after the description that they belong to, and not too many', () => {
    const { emit, told } = stage(true);
    emit('signal', candidate(1));
    emit('signal', { type: 'renegotiate', renegotiate: true });
    expect(told).toEqual([]);
    emit('signal', { type: 'offer', sdp: 'v=0' });
    emit('signal', candidate(2));
    expect(told.map(({ kind }) => kind)).toEqual(['offer', 'candidate', 'candidate']);
    for (let number = 0; number < 100; number += 1) emit('signal', candidate(number));
    expect(told.length).toBe(1 + MAX_CANDIDATES);
  });

  it('takes one description of the right kind, and not too many candidates', () => {
    const { connection, given } = stage(true);
    expect(connection.take({ kind: 'offer', sdp: sdp('') })).toBe(false);
    expect(connection.described).toBe(false);
    expect(connection.take({ kind: 'answer', sdp: sdp('') })).toBe(true);
    expect(connection.take({ kind: 'answer', sdp: sdp('') })).toBe(false);
    expect(connection.take({ kind: 'hello' })).toBe(false);
    const body = { kind: 'candidate', candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 } as const;
    const taken = Array.from({ length: 100 }, () => connection.take(body)).filter((fits) => fits);
    expect(taken.length).toBe(MAX_CANDIDATES);
    expect(given.length).toBe(1 + MAX_CANDIDATES);
  });

  it.each([
    ['nothing said', '', 64 * 1024],
    ['Chromium', 'a=max-message-size:262144\r\n', 256 * 1024],
    ['Firefox', 'a=max-message-size:1073741823\r\n', 256 * 1024],
    ['any size', 'a=max-message-size:0\r\n', 256 * 1024],
    ['less', 'a=max-message-size:100000\r\n', 100_000],
    ['nonsense', 'a=max-message-size:many\r\n', 64 * 1024],
  ])('learns how large a message may be: %s', (_, line, bytes) => {
    const { connection } = stage(false);
    expect(connection.take({ kind: 'offer', sdp: sdp(line) })).toBe(true);
    expect(connection.maxMessageBytes).toBe(bytes);
  });

  it('has nothing to do with those who take only tiny messages', () => {
    const { connection, given } = stage(false);
    expect(connection.take({ kind: 'offer', sdp: sdp('a=max-message-size:1\r\n') })).toBe(false);
    expect(given).toEqual([]);
  });

  it('survives a signal that the implementation does not take', () => {
    const { connection, ends } = stage(false, {}, new Error('cannot be parsed'));
    expect(connection.take({ kind: 'offer', sdp: sdp('') })).toBe(false);
    expect(ends).toEqual([]);
  });

  it('finishes with an empty message, which ends the connection of who gets it', async () => {
    const finishing = stage(true);
    finishing.connection.finish();
    finishing.connection.finish();
    expect(finishing.sent).toEqual([new Uint8Array(0)]);
    expect(finishing.ends).toEqual([]);
    const ending = stage(false);
    ending.emit('data', new Uint8Array(0));
    expect(ending.ends).toEqual([undefined]);
    await ending.connection.gone;
    finishing.connection.destroy();
    await finishing.connection.gone;
    const broken = stage(true, {}, new Error('channel closed'));
    broken.connection.finish();
    expect(broken.ends).toEqual([undefined]);
  });

  it('ends when the other side sends text, or more than fits before anybody listens', () => {
    const text = stage(false);
    text.emit('data', 'text');
    expect(text.ends).toEqual([new Error('it sent text')]);
    const much = stage(false);
    much.emit('data', new Uint8Array(MAX_EARLY_BYTES));
    expect(much.ends).toEqual([]);
    much.emit('data', new Uint8Array(1));
    expect(much.ends).toEqual([new Error('nobody listens')]);
  });
});

describe('WebRTC implementations', () => {
  it('finds none in Node, and none that is incomplete', () => {
    expect(findWebRTC(undefined)).toBeUndefined();
    expect(findWebRTC({ RTCPeerConnection: class {} } as never)).toBeUndefined();
  });

  it('makes descriptions plain and candidates harmless', async () => {
    class Picky {
      readonly options: unknown[] = [];
      createOffer(): Promise<object> {
        return Promise.resolve(Object.freeze({ type: 'offer', sdp: 'v=0', more: 1 }));
      }
      createAnswer(): Promise<object> {
        return Promise.resolve(Object.freeze({ type: 'answer' }));
      }
      addIceCandidate(): Promise<void> {
        return Promise.reject(new Error('does not fit'));
      }
      createDataChannel(label: string): string {
        return label;
      }
      close(): void {
        this.options.push('closed');
      }
    }
    const webRTC = findWebRTC({ RTCPeerConnection: Picky, RTCSessionDescription: class {}, RTCIceCandidate: class {} });
    if (webRTC === undefined) throw new Error('expected an implementation');
    const connection = new webRTC.RTCPeerConnection();
    expect(await connection.createOffer()).toEqual({ type: 'offer', sdp: 'v=0' });
    expect(Object.isFrozen(await connection.createAnswer())).toBe(false);
    await connection.addIceCandidate(null);
    expect(connection.createDataChannel(null as never)).toBe('rxdb-p2p');
    expect(checkConfiguration(webRTC, {})).toBeUndefined();
  });
});
