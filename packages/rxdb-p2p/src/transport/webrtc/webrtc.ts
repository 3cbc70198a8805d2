/** The WebRTC implementation: the browser's, or one that the application brings along. */
import { P2PError } from '@rxdb-p2p/protocol';

/**
 * A WebRTC implementation, such as `node-datachannel/polyfill` or `@roamhq/wrtc`. Their types differ from the DOM's in
 * what data channels do not need, so any class will do.
 */
export interface WebRTC {
  readonly RTCPeerConnection: AnyClass;
  readonly RTCSessionDescription: AnyClass;
  readonly RTCIceCandidate: AnyClass;
}

type AnyClass = new (...options: never[]) => object;

/** An implementation made fit for simple-peer. */
export interface TolerantWebRTC {
  readonly RTCPeerConnection: PeerConnectionClass;
  readonly RTCSessionDescription: AnyClass;
  readonly RTCIceCandidate: AnyClass;
}

type PeerConnectionClass = new (
  config?: RTCConfiguration,
) => {
  createOffer(options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit>;
  createAnswer(options?: RTCAnswerOptions): Promise<RTCSessionDescriptionInit>;
  addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void>;
  createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel;
  close(): void;
};

/** Undefined when there is none. Looks at globals when it is called, never on import. */
export function findWebRTC(given: WebRTC | undefined): TolerantWebRTC | undefined {
  const found: Partial<WebRTC> = given ?? globalThis;
  const { RTCPeerConnection, RTCSessionDescription, RTCIceCandidate } = found;
  if (RTCPeerConnection === undefined || RTCSessionDescription === undefined || RTCIceCandidate === undefined) {
    return undefined;
  }
  const tolerant = createTolerantClass(RTCPeerConnection as PeerConnectionClass);
  return { RTCPeerConnection: tolerant, RTCSessionDescription, RTCIceCandidate };
}

/** Finds out whether the configuration can be used, before a peer is waiting. */
export function checkConfiguration(webRTC: TolerantWebRTC, config: RTCConfiguration): P2PError | undefined {
  try {
    new webRTC.RTCPeerConnection(config).close();
    return undefined;
  } catch (cause) {
    return new P2PError('ICE_CONFIG_INVALID', 'WebRTC does not take the configuration', {
      expected: "`iceServers` such as [{ urls: 'stun:stun.example.org' }], and `config` as RTCPeerConnection takes it",
      got: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

export function webRTCUnsupported(): P2PError {
  return new P2PError('WEBRTC_UNSUPPORTED', 'there is no WebRTC here, so no peer can be connected', {
    expected: 'a browser with RTCPeerConnection, or the option `wrtc`',
    hint:
      'in Node pass an implementation as `wrtc`, such as node-datachannel/polyfill; in a browser check that no ' +
      'setting or extension turns WebRTC off',
  });
}

/** Does what simple-peer takes for granted, and not every implementation does. */
function createTolerantClass(Base: PeerConnectionClass): PeerConnectionClass {
  return class extends Base {
    // simple-peer writes into descriptions, which some implementations make read-only.
    override async createOffer(options?: RTCOfferOptions): Promise<RTCSessionDescriptionInit> {
      return plain(await super.createOffer(options));
    }

    override async createAnswer(options?: RTCAnswerOptions): Promise<RTCSessionDescriptionInit> {
      return plain(await super.createAnswer(options));
    }

    // The side that does not dial gives no label, which not every implementation takes; nobody reads it.
    override createDataChannel(_label: string, options?: RTCDataChannelInit): RTCDataChannel {
      return super.createDataChannel('rxdb-p2p', options);
    }

    // For one candidate that does not fit simple-peer ends the connection, even an established one. Others may fit;
    // where none does, ICE fails by itself.
    override async addIceCandidate(candidate?: RTCIceCandidateInit | null): Promise<void> {
      try {
        await super.addIceCandidate(candidate);
      } catch {
        return;
      }
    }
  };
}

function plain({ type, sdp }: RTCSessionDescriptionInit): RTCSessionDescriptionInit {
  return sdp === undefined ? { type } : { type, sdp };
}
