/** What a transport's owner would notice, written down so that a test can look at it and wait for it. */
import type { Link, Transport, TransportEvents } from 'rxdb-p2p/testing';

export interface ObservedLink {
  readonly link: Link;
  readonly messages: Uint8Array[];
  /** Why the link closed, once for every time that its owner was told. */
  readonly closings: string[];
}

export interface ObservedPeer {
  readonly transport: Transport;
  /** every link there ever was, oldest first */
  readonly links: ObservedLink[];
  readonly problems: (Error | undefined)[];
  /** links that have not closed */
  open(): ObservedLink[];
}

export function observePeer(create: (events: TransportEvents) => Transport): ObservedPeer {
  const links: ObservedLink[] = [];
  const problems: (Error | undefined)[] = [];
  const transport = create({
    onLink: (link) => links.push(observeLink(link)),
    onProblem: (problem) => problems.push(problem),
  });
  return { transport, links, problems, open: () => links.filter(({ closings }) => closings.length === 0) };
}

export function observeLink(link: Link): ObservedLink {
  const messages: Uint8Array[] = [];
  const closings: string[] = [];
  link.onMessage((message) => messages.push(message));
  link.onClose((reason) => closings.push(reason));
  return { link, messages, closings };
}

/** Waits until a condition holds; when it does not within `withinMs`, fails with what was expected. */
export async function until(expected: string, holds: () => boolean, withinMs = 30_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${expected}`);
    await pause(2);
  }
}

/** For what must not happen: long enough for it to have happened. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
