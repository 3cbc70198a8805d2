/** The network that every system runs on: the plugin's memory transport, with what crosses it counted. */
import { createMemoryNetwork, type TransportFactory } from 'rxdb-p2p';

export interface Traffic {
  readonly messages: number;
  readonly bytes: number;
}

export interface Network {
  /** For one more peer. */
  factory(): TransportFactory;
  /** Closes all links; there are none until `heal`. */
  cut(): void;
  heal(): void;
  traffic(): Traffic;
  /** Sees every message as it is sent. */
  onMessage(listener: (message: Uint8Array) => void): void;
}

/** @param latencyMs from `send` to arrival; 0: in the next turn of the event loop */
export function createNetwork(latencyMs: number): Network {
  const names: string[] = [];
  const listeners: ((message: Uint8Array) => void)[] = [];
  const memory = createMemoryNetwork({
    ...(latencyMs === 0 ? {} : { delayMs: () => latencyMs }),
    tap(_from, _to, message): void {
      for (const listener of listeners) listener(message);
    },
  });
  return {
    factory(): TransportFactory {
      const name = `peer ${names.length}`;
      names.push(name);
      return memory.factory(name);
    },
    cut(): void {
      names.forEach((name, index) => {
        for (const other of names.slice(index + 1)) memory.cut(name, other);
      });
    },
    heal: memory.heal,
    traffic: () => ({ messages: memory.messages, bytes: memory.bytes }),
    onMessage(listener: (message: Uint8Array) => void): void {
      listeners.push(listener);
    },
  };
}
