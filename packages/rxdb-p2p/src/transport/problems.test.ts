import { P2PError } from '@rxdb-p2p/protocol';
import { describe, expect, it } from 'vitest';
import { createProblems } from './problems.ts';

describe('problems', () => {
  const problem = (code: string): P2PError => new P2PError(code, 'text');

  it('tells changes, and when all is well again', () => {
    const told: (string | undefined)[] = [];
    const problems = createProblems((current) => told.push(current?.code));
    problems.solve('a');
    problems.report('a', problem('ONE'));
    problems.report('a', problem('ONE'));
    problems.report('b', problem('TWO'));
    problems.solve('a');
    problems.solve('b');
    problems.solve('b');
    problems.report('a', problem('ONE'));
    expect(told).toEqual(['ONE', 'TWO', 'TWO', undefined, 'ONE']);
  });
});
