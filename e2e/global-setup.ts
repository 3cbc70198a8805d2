import { join } from 'node:path';
import { build } from 'vite';

const PAGE_FOLDER = join(import.meta.dirname, 'page');
const DEMO_FOLDER = join(import.meta.dirname, '..', 'demo');

/** Where the built pages are: the tests' own, and the demo. */
export const BUILT_PAGE: string = join(PAGE_FOLDER, 'dist');
export const BUILT_DEMO: string = join(DEMO_FOLDER, 'dist');

/** Builds both as an application would be built: bundled, minified, for production. */
export default async function buildPages(): Promise<void> {
  for (const root of [PAGE_FOLDER, DEMO_FOLDER]) {
    await build({ root, logLevel: 'warn', build: { outDir: 'dist', emptyOutDir: true } });
  }
}
