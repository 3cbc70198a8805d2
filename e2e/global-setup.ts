import { join } from 'node:path';
import { build } from 'vite';

/** Where the built page of the tests is; built once for all of them. */
export const PAGE_FOLDER: string = join(import.meta.dirname, 'page');

/** Builds the page as an application would be built: bundled, minified, for production. */
export default async function buildPage(): Promise<void> {
  await build({ root: PAGE_FOLDER, logLevel: 'warn', build: { outDir: 'dist', emptyOutDir: true } });
}
