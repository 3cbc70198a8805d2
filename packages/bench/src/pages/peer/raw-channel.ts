/** The limit of the link: one data channel between two pages, with nothing on it but numbers and zeros. */

/** Descriptions with all their candidates, as JSON, passed from page to page by the benchmark. */
export interface RawChannelApi {
  offer(): Promise<string>;
  answer(offer: string): Promise<string>;
  accept(answer: string): Promise<void>;
  /** Sends as many bytes, as fast as the channel drains; resolves when the other page has acknowledged the last one. */
  transfer(bytes: number, messageBytes: number): Promise<number>;
  /** Milliseconds there and back, of each of as many messages. */
  pings(count: number, messageBytes: number): Promise<number[]>;
  close(): void;
}

/** Enough to keep the channel busy, far below the 16 MiB where Chromium closes it. */
const BUFFERED_BYTES = 1024 * 1024;
/** First byte of a message: to be answered at once, or only counted. */
const ECHO = 1;
const COUNT = 0;
const LAST = 2;

export function createRawChannel(): RawChannelApi {
  let connection: RTCPeerConnection | undefined;
  let channel: RTCDataChannel | undefined;
  let answered: () => void = () => undefined;
  let opened: Promise<void> = Promise.resolve();

  const create = (): RTCPeerConnection => {
    connection = new RTCPeerConnection();
    channel = connection.createDataChannel('raw', { negotiated: true, id: 0 });
    channel.binaryType = 'arraybuffer';
    const used = channel;
    opened = new Promise((resolve) => {
      used.onopen = () => resolve();
    });
    used.onmessage = ({ data }: MessageEvent<ArrayBuffer | string>) => {
      if (typeof data === 'string') answered();
      else if (new Uint8Array(data)[0] !== COUNT) used.send('got it');
    };
    return connection;
  };
  const gathered = async (used: RTCPeerConnection): Promise<string> => {
    if (used.iceGatheringState !== 'complete') {
      await new Promise<void>((resolve) => {
        used.onicegatheringstatechange = () => {
          if (used.iceGatheringState === 'complete') resolve();
        };
      });
    }
    return JSON.stringify(used.localDescription);
  };
  const current = (): RTCDataChannel => {
    if (channel === undefined) throw new Error('no raw channel');
    return channel;
  };
  const message = (kind: number, bytes: number): ArrayBuffer => {
    const filled = new Uint8Array(bytes);
    filled[0] = kind;
    return filled.buffer;
  };

  return {
    async offer(): Promise<string> {
      const used = create();
      await used.setLocalDescription(await used.createOffer());
      return gathered(used);
    },
    async answer(offer: string): Promise<string> {
      const used = create();
      await used.setRemoteDescription(JSON.parse(offer) as RTCSessionDescriptionInit);
      await used.setLocalDescription(await used.createAnswer());
      return gathered(used);
    },
    async accept(answer: string): Promise<void> {
      await connection?.setRemoteDescription(JSON.parse(answer) as RTCSessionDescriptionInit);
      await opened;
    },
    async transfer(bytes: number, messageBytes: number): Promise<number> {
      const used = current();
      used.bufferedAmountLowThreshold = BUFFERED_BYTES / 2;
      const counted = message(COUNT, messageBytes);
      const startedAt = performance.now();
      const done = new Promise<void>((resolve) => {
        answered = resolve;
      });
      for (let sent = 0; sent < bytes; sent += messageBytes) {
        if (used.bufferedAmount > BUFFERED_BYTES) {
          await new Promise<void>((resolve) => {
            used.onbufferedamountlow = () => resolve();
          });
        }
        used.send(counted);
      }
      used.send(message(LAST, 1));
      await done;
      return performance.now() - startedAt;
    },
    async pings(count: number, messageBytes: number): Promise<number[]> {
      const used = current();
      const echoed = message(ECHO, messageBytes);
      const times: number[] = [];
      for (let sent = 0; sent < count; sent += 1) {
        const startedAt = performance.now();
        const done = new Promise<void>((resolve) => {
          answered = resolve;
        });
        used.send(echoed);
        await done;
        times.push(performance.now() - startedAt);
      }
      return times;
    },
    close(): void {
      connection?.close();
      connection = undefined;
      channel = undefined;
    },
  };
}
