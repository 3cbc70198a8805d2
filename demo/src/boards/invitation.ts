/**
 * The link that brings another device onto a board. All of it is in the fragment of the address, so the server that the
 * page comes from does not get it:
 *
 *   #join?v=1&t=topic&k=secret&n=title[&s=signaling server, when it is not that of the page]
 */
import { type Deployment, knownServer } from '../deployment.ts';
import { type Board, TITLE_CHARACTERS } from '../schemas.ts';

export type Invitation = Pick<Board, 'topic' | 'secret' | 'signaling' | 'title'>;

/** What is wrong with a link, and what it named where that matters. */
export type Refusal =
  | { readonly reason: 'unreadable' }
  | { readonly reason: 'newer' }
  | { readonly reason: 'unknown-server'; readonly server: string };

const FORMAT = '1';
const TOPIC = /^[0-9a-f]{32}$/;
/** As `createTopicSecret` makes it: 32 bytes and a checksum, which is checked when the board is opened. */
const SECRET = /^p2p1_[\w-]{48}$/;

/** Characters that are not seen, or turn the direction of text round: a title must not look like another one. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

export function invitationLink(board: Invitation, page: Pick<URL, 'origin' | 'pathname'>): string {
  const { topic, secret, signaling, title } = board;
  const fields = new URLSearchParams({ v: FORMAT, t: topic, k: secret, n: title });
  if (signaling !== page.origin) fields.set('s', signaling);
  return `${page.origin}${page.pathname}#join?${fields}`;
}

/** @param text what followed `#join?` */
export function readInvitation(text: string, deployment: Deployment, origin: string): Invitation | Refusal {
  const fields = new URLSearchParams(text);
  if (fields.get('v') !== FORMAT) return { reason: fields.has('v') ? 'newer' : 'unreadable' };
  const [topic, secret] = [fields.get('t') ?? '', fields.get('k') ?? ''];
  if (!TOPIC.test(topic) || !SECRET.test(secret)) return { reason: 'unreadable' };
  const named = fields.get('s') ?? origin;
  const signaling = knownServer(named, deployment);
  if (signaling === undefined) return { reason: 'unknown-server', server: named.slice(0, TITLE_CHARACTERS) };
  return { topic, secret, signaling, title: cleanTitle(fields.get('n') ?? '') };
}

/** What somebody pasted: a whole link, or what followed its `#`. */
export function invitationIn(pasted: string): string | undefined {
  return /#?join\?(\S+)/.exec(pasted)?.[1];
}

export function cleanTitle(title: string): string {
  const clean = title.replaceAll(UNSEEN, ' ').replaceAll(/\s+/g, ' ').trim();
  return Array.from(clean).slice(0, TITLE_CHARACTERS).join('').slice(0, TITLE_CHARACTERS) || 'Board';
}
