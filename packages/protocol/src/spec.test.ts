import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const here: string = import.meta.dirname;
const spec: string = readFileSync(join(here, '..', 'SPEC.md'), 'utf8');
const rules: string[] = [...spec.matchAll(/^- \*\*\[([A-Z]+-\d+)\]\*\*/gm)].map(([, id]) => id ?? '');

/** Names of rules in all sources of all packages, with the first file that has them. */
function quoted(): Map<string, string> {
  const packages = join(here, '..', '..');
  const found = new Map<string, string>();
  for (const name of readdirSync(packages)) {
    const source = join(packages, name, 'src');
    const files = existsSync(source) ? readdirSync(source, { recursive: true, encoding: 'utf8' }) : [];
    for (const file of files.filter((path) => path.endsWith('.ts'))) {
      const text = readFileSync(join(source, file), 'utf8');
      for (const [, id] of text.matchAll(/\[((?:WIRE|VER|MERGE|REP|CONN|SYNC|REPAIR|TOPIC|SEAL|LINK)-\d+)\]/g))
        if (id !== undefined && !found.has(id)) found.set(id, join(name, file));
    }
  }
  return found;
}

describe('SPEC.md', () => {
  it('has each rule once', () => {
    expect(rules.length).toBeGreaterThan(60);
    expect(new Set(rules).size).toBe(rules.length);
  });

  it('has every rule that tests and comments quote', () => {
    const unknown = [...quoted()].filter(([id]) => !rules.includes(id));
    expect(unknown).toStrictEqual([]);
  });
});
