/**
 * Several signaling servers that know nothing of each other, as one: every room is joined at all of them, so that devices
 * meet which have only one of them in common. To take one after the other instead would split a room in two. Names
 * of peers begin with the number of their server.
 */
import type { P2PError } from '@rxdb-p2p/protocol';
import type { TurnMessage } from '@rxdb-p2p/protocol/signaling';
import { createProblems } from '../problems.ts';
import type { SignalingClient, SignalingEvents } from './signaling-client.ts';

/** Of one server, members of one room: those of the last samples, and those who signal. The oldest are forgotten. */
const MAX_MET = 256;

/** The number of the server that knows a peer by this name. */
export function serverOf(peer: string): number {
  return Number(peer.slice(0, peer.indexOf(':')));
}

export type OpenServer = (events: SignalingEvents) => SignalingClient;

/** A server as one of several; `onTurn` says whose. */
export interface SeveralServersEvents extends Omit<SignalingEvents, 'onTurn' | 'onProblem'> {
  onTurn(server: number, turn: TurnMessage): void;
  onProblem(problem: P2PError | undefined): void;
}

interface Sample {
  readonly members: readonly string[];
  readonly size: number;
}

interface Server {
  readonly client: SignalingClient;
  /** What it has said last of the rooms that it has let us into. */
  readonly samples: Map<string, Sample>;
  /** By room, the peers whom its owner has heard of through it. */
  readonly met: Map<string, Set<string>>;
}

/** @param opens one to three */
export function createSeveralServers(opens: readonly OpenServer[], events: SeveralServersEvents): SignalingClient {
  const problems = createProblems(events.onProblem);
  const servers: Server[] = [];

  function meet(server: Server, room: string, peer: string): void {
    const met = server.met.get(room) ?? new Set<string>();
    server.met.set(room, met);
    met.delete(peer);
    met.add(peer);
    const [oldest] = met;
    if (met.size > MAX_MET && oldest !== undefined) met.delete(oldest);
  }

  /** All that the servers have said of a room: members, and how many there are if no device is at two of them. */
  function told(room: string): Sample {
    const samples = servers.flatMap(({ samples: known }) => known.get(room) ?? []);
    return {
      members: samples.flatMap(({ members }) => members),
      size: samples.reduce((sum, { size }) => sum + size - 1, 1),
    };
  }

  function onDisconnected({ samples, met }: Server): void {
    const wasJoined = samples.size > 0;
    const gone = [...met].flatMap(([room, peers]) => [...peers].map((peer) => [room, peer] as const));
    samples.clear();
    met.clear();
    if (servers.every((server) => server.samples.size === 0)) {
      events.onDisconnected();
    } else if (wasJoined) {
      for (const [room, peer] of gone) events.onLeft(room, peer);
      // What cut us off from one may have cut us off from all.
      for (const { client } of servers) client.check();
    }
  }

  function open(openOne: OpenServer, index: number): Server {
    const named = (peer: string): string => `${index}:${peer}`;
    const client = openOne({
      onJoined(room, members, size) {
        server.samples.set(room, { members: members.map(named), size });
        for (const member of members) meet(server, room, named(member));
        const all = told(room);
        events.onJoined(room, all.members, all.size);
      },
      onJoinRefused: events.onJoinRefused,
      onSignal(room, from, data) {
        meet(server, room, named(from));
        events.onSignal(room, named(from), data);
      },
      onSignalRefused: (room, to, code) => events.onSignalRefused(room, named(to), code),
      onLeft(room, peer) {
        server.met.get(room)?.delete(named(peer));
        const sample = server.samples.get(room);
        const members = sample?.members.filter((member) => member !== named(peer));
        if (sample !== undefined && members !== undefined) {
          server.samples.set(room, { members, size: Math.max(members.length + 1, sample.size - 1) });
        }
        events.onLeft(room, named(peer));
      },
      onTurn: (turn) => events.onTurn(index, turn),
      onDisconnected: () => onDisconnected(server),
      onProblem(problem) {
        if (problem === undefined) problems.solve(named(''));
        else problems.report(named(''), problem);
      },
    });
    const server: Server = { client, samples: new Map(), met: new Map() };
    return server;
  }

  for (const [index, openOne] of opens.entries()) servers.push(open(openOne, index));
  const all = (act: (client: SignalingClient) => void): void => {
    for (const { client } of servers) act(client);
  };

  return {
    get badMessages() {
      return servers.reduce((sum, { client }) => sum + client.badMessages, 0);
    },
    join: (room) => all((client) => client.join(room)),
    leave(room) {
      for (const { client, samples, met } of servers) {
        samples.delete(room);
        met.delete(room);
        client.leave(room);
      }
    },
    signal(room, to, data) {
      servers[serverOf(to)]?.client.signal(room, to.slice(to.indexOf(':') + 1), data);
    },
    check: () => all((client) => client.check()),
    wake: () => all((client) => client.wake()),
    sleep: () => all((client) => client.sleep()),
    close: () => all((client) => client.close()),
  };
}
