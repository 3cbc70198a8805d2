import { P2PError } from '@rxdb-p2p/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeTabMessage,
  fromPlainProblem,
  isAnswerTo,
  MAX_TAB_MESSAGE_CHARS,
  toPlainProblem,
} from './tab-messages.ts';

const status = { phase: 'in-sync', peers: [{ replica: 'r', phase: 'in-sync' }], writesWaiting: 0, conflicts: 1 };
const leader = { from: 'a', term: 5 };
const problem = { code: 'CODE', message: 'CODE: text' };

const MESSAGES: readonly object[] = [
  { type: 'who', from: 'a' },
  { type: 'claim', from: 'a' },
  { type: 'yield', from: 'a', to: 'b' },
  { type: 'ask', from: 'a', room: 'r', question: 'q', asked: { about: 'writes' } },
  { type: 'ask', from: 'a', room: 'r', question: 'q', asked: { about: 'conflicts', id: 'milk' } },
  { type: 'ask', from: 'a', room: 'r', question: 'q', asked: { about: 'quarantine', after: 0, limit: 10 } },
  {
    ...{ type: 'ask', from: 'a', room: 'r', question: 'q' },
    asked: { about: 'release', version: { id: 'milk', actor: 'x', seq: 1 }, document: { id: 'milk' } },
  },
  { ...leader, type: 'beat', visible: true },
  { ...leader, type: 'over', to: '' },
  { ...leader, type: 'status', room: 'r', status },
  { ...leader, type: 'conflicts', room: 'r', conflicts: [{ id: 'milk', fields: ['text'], editAgainstDelete: false }] },
  { ...leader, type: 'problem', room: 'r', problem },
  { ...leader, type: 'answer', room: 'r', question: 'q', said: { value: null } },
  { ...leader, type: 'answer', room: 'r', question: 'q', said: { problem } },
  { ...leader, type: 'answer', room: 'r', question: 'q', said: null },
];

describe('a message of another tab', () => {
  it.each(MESSAGES.map((message) => [JSON.stringify(message), message] as const))('is read: %s', (text, message) => {
    expect(decodeTabMessage(text)).toEqual(message);
  });

  it('carries fields of a status that this release does not know', () => {
    const more = { ...status, progress: { done: 3, of: 9 }, peers: [{ replica: 'r', phase: 'x', route: 'relay' }] };
    const text = JSON.stringify({ ...leader, type: 'status', room: 'r', status: more });
    expect(decodeTabMessage(text)).toMatchObject({ status: more });
  });

  it('is none when any of its fields is another thing', () => {
    for (const message of MESSAGES) {
      for (const [path, value] of fieldsOf(message)) {
        for (const other of [undefined, null, {}, [], 'x'.repeat(300), -1, 1.5]) {
          if (mayBe(path, other) || typeof other === typeof value) continue;
          const changed = JSON.stringify(withField(message, path, other));
          expect([path.join('.'), changed, decodeTabMessage(changed)]).toEqual([path.join('.'), changed, undefined]);
        }
      }
    }
  });

  it('is none when it is too large, no text, no JSON, or no object', () => {
    const large = JSON.stringify({ type: 'who', from: 'a', more: 'x'.repeat(MAX_TAB_MESSAGE_CHARS) });
    for (const data of [large, { type: 'who', from: 'a' }, 7, null, undefined, '', '{', 'null', '[]', '"who"']) {
      expect(decodeTabMessage(data)).toBeUndefined();
    }
  });

  it('never throws, whatever it is', () => {
    fc.assert(fc.property(fc.json(), (text) => void decodeTabMessage(text)));
    const parts = fc.record({
      type: fc.constantFrom('beat', 'status', 'ask', 'answer', '__proto__'),
      from: fc.string(),
    });
    fc.assert(
      fc.property(parts, fc.object(), (known, more) => void decodeTabMessage(JSON.stringify({ ...more, ...known }))),
    );
  });
});

describe('an answer', () => {
  it('is one to the question, or none', () => {
    const version = { own: true, actor: 'a', seq: 1, time: 1.5, deleted: false, document: { id: 'milk' } };
    expect(isAnswerTo({ about: 'conflicts', id: 'milk' }, [version])).toBe(true);
    expect(isAnswerTo({ about: 'conflicts', id: 'milk' }, [{ ...version, document: 'milk' }])).toBe(false);
    expect(isAnswerTo({ about: 'conflicts', id: 'milk' }, null)).toBe(false);
    expect(isAnswerTo({ about: 'writes' }, null)).toBe(true);
    expect(isAnswerTo({ about: 'writes' }, [])).toBe(false);
    expect(isAnswerTo({ about: 'release', version: { id: 'a', actor: 'b', seq: 1 } }, false)).toBe(true);
    expect(isAnswerTo({ about: 'release', version: { id: 'a', actor: 'b', seq: 1 } }, 'false')).toBe(false);
    expect(isAnswerTo({ about: 'quarantine', after: 0, limit: 1 }, { versions: [] })).toBe(true);
    expect(isAnswerTo({ about: 'quarantine', after: 0, limit: 1 }, { versions: [version] })).toBe(false);
  });
});

describe('a problem', () => {
  it.each([
    new P2PError('CODE', 'text'),
    new P2PError('CODE', 'text', { expected: 'this', got: 'that' }),
    new P2PError('CODE', '', { hint: 'do so', cause: new Error('why') }),
  ])('is the same error in another tab: %s', (error) => {
    const crossed = fromPlainProblem(JSON.parse(JSON.stringify(toPlainProblem(error))));
    expect(crossed).toBeInstanceOf(P2PError);
    for (const field of ['code', 'message', 'expected', 'got', 'hint'] as const)
      expect(crossed[field]).toBe(error[field]);
  });
});

type Path = readonly string[];

/** Every field, at any depth. */
function fieldsOf(value: object, path: Path = []): [Path, unknown][] {
  return Object.entries(value).flatMap(([name, field]): [Path, unknown][] => {
    const here = [...path, name];
    return [[here, field], ...(typeof field === 'object' && field !== null ? fieldsOf(field, here) : [])];
  });
}

function withField(value: object, [name = '', ...rest]: Path, field: unknown): object {
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...value };
  copy[name] = rest.length === 0 ? field : withField(copy[name] as object, rest, field);
  return copy;
}

/** Fields that are passed on unread, and values that stand for others. */
function mayBe(path: Path, other: unknown): boolean {
  const name = path[path.length - 1];
  if (path.includes('value') || path.includes('document')) return true;
  if (name === 'said' && (other === null || typeof other === 'object')) return true;
  return Array.isArray(other) && name === 'fields';
}
