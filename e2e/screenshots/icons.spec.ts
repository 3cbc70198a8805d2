/** The icon as pictures, for home screens that take no drawing: those of phones and of older browsers. */
import { readFile } from 'node:fs/promises';
import { join as path } from 'node:path';
import { expect, test } from '../fixtures/test.ts';

const PUBLIC = path(import.meta.dirname, '..', '..', 'demo', 'public');
/** What a phone's home screen takes, and what the manifest names, pixels. */
const SIZES = [180, 192, 512];

test('the icon in each size', async ({ launchPeer, demoServer }) => {
  const svg = await readFile(path(PUBLIC, 'icon.svg'), 'utf8');
  const { page } = await launchPeer('painter', { wireTo: demoServer.port, url: (origin) => `${origin}/` });
  // The demo's page would not take a style of ours.
  await page.goto('about:blank');
  for (const size of SIZES) {
    await page.setViewportSize({ width: size, height: size });
    // Home screens round the corners themselves.
    await page.setContent(`<style>body { margin: 0; background: #1d6b58 } svg { display: block }</style>${svg}`);
    await expect(page.locator('svg')).toBeVisible();
    await page.screenshot({ path: path(PUBLIC, `icon-${size}.png`) });
  }
});
