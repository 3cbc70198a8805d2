import { expect, it } from 'vitest';
import { createLogObserver, printable } from './log.ts';

it('writes what a client says in printable characters, and not too many', () => {
  expect(printable('https://a.org\n\u001b[31m\u009b31m\u2028é')).toBe('https://a.org??[31m?31m??');
  expect(printable('x'.repeat(1_000))).toHaveLength(100);
});

it('writes no more lines than a disk can take, and how many are missing', () => {
  let time = 0;
  const lines: object[] = [];
  const observer = createLogObserver({ info: (fields: object) => void lines.push(fields) } as never, () => time);
  for (let count = 0; count < 10_000; count++) {
    observer.refused('SERVER_FULL', { address: '192.0.2.1', origin: undefined });
  }
  expect(lines).toHaveLength(100);
  time = 1_000;
  observer.dismissed('RATE_LIMITED', { address: '192.0.2.1', origin: 'null' });
  expect(lines.at(-1)).toEqual({ code: 'RATE_LIMITED', address: '192.0.2.1', origin: 'null', omitted: 9_900 });
});
