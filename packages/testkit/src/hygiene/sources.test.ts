/** What no shipped source may do. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..', '..', '..');
const SHIPPED = ['packages/protocol', 'packages/rxdb-p2p', 'packages/encryption', 'signaling-server', 'demo'];

/** Sources that are published or bundled: no tests, and nothing that only tests use. */
function shippedSources(): readonly (readonly [path: string, text: string])[] {
  return SHIPPED.flatMap((folder) => {
    const source = join(ROOT, folder, 'src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
    return files
      .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|(^|\/)testing(\/|\.)/.test(path))
      .map((path) => [join(folder, 'src', path), readFileSync(join(source, path), 'utf8')] as const);
  });
}

/** @returns the places, as `file: text` */
function places(pattern: RegExp, sources = shippedSources()): string[] {
  return sources.flatMap(([path, text]) => [...text.matchAll(pattern)].map(([found]) => `${path}: ${found}`));
}

const FORESEEABLE = /Math\s*(\.|\[\s*['"`])\s*random|pseudoRandomBytes/g;

describe('shipped sources', () => {
  it('take chance from the cryptographic source of the platform alone', () => {
    expect(shippedSources().length).toBeGreaterThan(200);
    expect(places(FORESEEABLE)).toEqual([]);
    expect(places(FORESEEABLE, [['a.ts', "Math.random() + Math['random']()"]])).toHaveLength(2);
  });
});
