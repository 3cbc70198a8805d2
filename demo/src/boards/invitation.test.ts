import { createTopicSecret } from 'rxdb-p2p';
import { describe, expect, it } from 'vitest';
import type { Deployment } from '../deployment.ts';
import { roomCode } from './board-id.ts';
import { cleanTitle, type Invitation, invitationIn, invitationLink, readInvitation } from './invitation.ts';

const page = new URL('https://boards.example/app/');
const deployment: Deployment = { signaling: [page.origin, 'https://signal.example/x'], iceServers: [] };
const board: Invitation = {
  topic: '0f'.repeat(16),
  secret: createTopicSecret(),
  signaling: page.origin,
  title: 'Käse & Brot',
};

const fragmentOf = (link: string): string => new URL(link).hash.slice('#join?'.length);
const read = (text: string) => readInvitation(text, deployment, page.origin);

describe('an invitation', () => {
  it('survives the way through a link, and all of it is in the fragment', () => {
    for (const signaling of deployment.signaling) {
      const link = invitationLink({ ...board, signaling }, page);
      expect(read(fragmentOf(link))).toEqual({ ...board, signaling });
      expect(link.slice(0, link.indexOf('#'))).toBe('https://boards.example/app/');
    }
  });

  it('is found in what people paste', () => {
    const link = invitationLink(board, page);
    for (const pasted of [link, ` ${link}\n`, `Join us: ${link} bye`, link.slice(link.indexOf('#'))]) {
      expect(invitationIn(pasted)).toBe(fragmentOf(link));
    }
    expect(invitationIn('https://boards.example/')).toBeUndefined();
  });

  it('is refused when it names a server that the page does not know, is cut, or is of a later format', () => {
    const change = (name: string, value: string): string => {
      const fields = new URLSearchParams(fragmentOf(invitationLink(board, page)));
      fields.set(name, value);
      return fields.toString();
    };
    for (const server of [
      'https://evil.example',
      'javascript:alert(1)',
      'x',
      `${page.origin}/other`,
      'http://boards.example',
    ]) {
      expect(read(change('s', server)), server).toMatchObject({ reason: 'unknown-server' });
    }
    expect(read(change('v', '2'))).toEqual({ reason: 'newer' });
    for (const [name, value] of [
      ['t', 'x'],
      ['k', 'short'],
      ['k', `${board.secret}x`],
      ['t', '../..'],
    ] as const) {
      expect(read(change(name, value))).toEqual({ reason: 'unreadable' });
    }
    expect(read('')).toEqual({ reason: 'unreadable' });
  });

  it('has a title that shows what it is', () => {
    expect(cleanTitle('  a\u202e\u0000b \n c ')).toBe('a b c');
    expect(cleanTitle('')).toBe('Board');
    expect(cleanTitle('x'.repeat(500))).toHaveLength(80);
    expect(cleanTitle('😀'.repeat(80)).length).toBeLessThanOrEqual(80);
  });
});

it('has a code for two people to compare, which differs when anything differs', async () => {
  const code = await roomCode(board);
  expect(code).toMatch(/^\d{3} \d{3}$/);
  expect(await roomCode({ topic: board.topic, secret: board.secret })).toBe(code);
  expect(await roomCode({ ...board, secret: `b${board.secret.slice(1)}` })).not.toBe(code);
});
