/** Figures for Prometheus, at an address of their own, so that the public one shows nothing. */
import { createServer } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { listen } from './listen.ts';
import type { SignalingObserver } from './observer.ts';
import { pathOf } from './upgrade.ts';

export interface Metrics {
  readonly observer: SignalingObserver;
  /** The server is asked with each scrape. */
  watch(server: { readonly connections: number; readonly rooms: number; readonly whole: boolean }): void;
  /** Serves `/metrics`. Resolves with the port when it listens; the function ends it. */
  serve(port: number, host: string): Promise<{ readonly port: number; close(): void }>;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const counter = (name: string, help: string, labelNames: readonly string[]) =>
    new Counter({ name: `signaling_${name}`, help, labelNames: [...labelNames], registers });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...{ name: `signaling_${name}`, help, registers },
      collect() {
        this.set(read());
      },
    });
  const refused = counter('refused_total', 'Connections that were not let in', ['code']);
  const answered = counter('requests_total', 'Requests that were answered', ['request', 'code']);
  const dismissed = counter('dismissed_total', 'Clients that were told to go', ['code']);

  return {
    observer: {
      refused: (code) => refused.inc({ code }),
      answered: (request, code) => answered.inc({ request, code }),
      dismissed: (code) => dismissed.inc({ code }),
    },
    watch(server) {
      gauge('connections', 'Clients that are connected now', () => server.connections);
      gauge('rooms', 'Rooms that have a member now', () => server.rooms);
      gauge('degraded', '1 while Redis, where one is configured, does not answer', () => (server.whole ? 0 : 1));
    },
    async serve(port, host) {
      const server = createServer((request, response) => {
        if (pathOf(request) !== '/metrics') return void response.writeHead(404).end();
        void registry.metrics().then((text) => {
          response.writeHead(200, { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' }).end(text);
        });
      });
      const address = await listen(server, port, host);
      return {
        port: address.port,
        close() {
          server.close();
          server.closeAllConnections();
        },
      };
    },
  };
}
