/** What the tabs of one (database, collection) tell each other goes through here, as text: a BroadcastChannel. */
import { decodeTabMessage, MAX_TAB_MESSAGE_CHARS, type TabMessage } from './tab-messages.ts';

export interface TabChannel {
  /** To all other tabs. What is too large to be taken there is not sent. */
  post(message: TabMessage): void;
  close(): void;
}

export type OpenTabChannel = (name: string, onMessage: (message: TabMessage) => void) => TabChannel;

export const openTabChannel: OpenTabChannel = (name, onMessage) => {
  const channel = new BroadcastChannel(name);
  // In Node a channel holds its process otherwise; pools do that for as long as they need it.
  if ('unref' in channel && typeof channel.unref === 'function') channel.unref();
  channel.onmessage = ({ data }: { readonly data: unknown }) => {
    const message = decodeTabMessage(data);
    if (message !== undefined) onMessage(message);
  };
  let closed = false;
  return {
    post(message) {
      if (closed) return;
      const text = JSON.stringify(message);
      if (text.length <= MAX_TAB_MESSAGE_CHARS) channel.postMessage(text);
    },
    close() {
      closed = true;
      channel.onmessage = null;
      channel.close();
    },
  };
};
