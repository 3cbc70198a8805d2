/** The installed page: it starts without a network, keeps what is typed when a new version comes, and syncs later. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import type { Page } from '@playwright/test';
import { add, expectUpToDate, invitationOf, join, launchDemo, notes, startBoard } from '../fixtures/demo.ts';
import { expect, test } from '../fixtures/test.ts';
import { BUILT_DEMO } from '../global-setup.ts';

/** The worker has stored all files of the build. */
async function expectInstalled(page: Page): Promise<void> {
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined));
}

/** The browser itself says what keeps a page from being installed. */
async function expectInstallable(page: Page): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  const { errors } = await devtools.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  const { installabilityErrors } = await devtools.send('Page.getInstallabilityErrors');
  expect(installabilityErrors).toEqual([]);
  await devtools.detach();
}

test('opens, shows its notes and takes edits without a network, and sends them later', async ({
  launchPeer,
  demoServer,
}) => {
  const anna = await launchDemo(launchPeer, demoServer, 'anna', { canBeCut: true });
  const ben = await launchDemo(launchPeer, demoServer, 'ben');
  await startBoard(anna.page, 'Home');
  await add(anna.page, 'Milk');
  await join(ben, await invitationOf(anna.page), 'Ben’s phone');
  await expectUpToDate([anna, ben]);
  await expectInstalled(anna.page);
  await expectInstallable(anna.page);

  // The whole browser is started again while nothing can be reached.
  await anna.cut();
  await anna.kill();
  await anna.relaunch();
  await anna.page.getByRole('link', { name: /Home/ }).click();
  await expect(anna.page.getByLabel('Text of “Milk”')).toBeVisible();
  await add(anna.page, 'Bread');
  await expect(anna.page.locator('[data-writes-waiting]')).toBeVisible();

  await anna.mend();
  await expect.poll(() => notes(ben.page)).toEqual(['Bread', 'Milk']);
  await expectUpToDate([anna, ben]);
});

test('a new version waits until it is wanted, and what is being typed is kept', async ({ launchPeer, demoServer }) => {
  const folder = await mkdtemp(path(tmpdir(), 'rxdb-p2p-next-'));
  try {
    const { page } = await launchDemo(launchPeer, demoServer, 'anna');
    await startBoard(page, 'Home');
    await add(page, 'Milk');
    await expectInstalled(page);
    await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);

    // The next build: another page, and so another list of files in its worker.
    await cp(BUILT_DEMO, folder, { recursive: true });
    const [index, worker] = [path(folder, 'index.html'), path(folder, 'sw.js')];
    await writeFile(
      index,
      (await readFile(index, 'utf8')).replace('<html lang="en">', '<html lang="en" data-build="2">'),
    );
    const changed = (await readFile(worker, 'utf8')).replace(/(index\.html[`"'],revision:[`"'])[0-9a-f]+/, '$12222');
    expect(changed).toContain('2222');
    await writeFile(worker, changed);
    demoServer.serve(folder);

    const field = page.getByLabel('Text of “Milk”');
    await field.fill('Soy milk');
    await page.getByLabel('New note').pressSequentially('Half a sentence');
    await page.evaluate(async () => {
      await (await navigator.serviceWorker.getRegistration())?.update();
    });
    await expect(page.getByText('A new version is ready.')).toBeVisible();
    await expect(page.locator('html[data-build="2"]')).toHaveCount(0);
    await page.getByRole('button', { name: 'Use it now' }).click();
    await expect(page.locator('html[data-build="2"]')).toHaveCount(1);
    await expect.poll(() => notes(page)).toEqual(['Half a sentence', 'Soy milk']);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

test('the minimal example keeps its todos the same in two browsers', async ({ launchPeer, demoServer }) => {
  const url = (origin: string): string => `${origin}/minimal/#shopping`;
  const [a, b] = [
    await launchPeer('a', { wireTo: demoServer.port, url }),
    await launchPeer('b', { wireTo: demoServer.port, url }),
  ];
  await a.page.getByLabel('New todo').fill('Milk');
  await a.page.getByRole('button', { name: 'Add' }).click();
  await expect(b.page.getByRole('listitem')).toHaveText(['Milk']);
  await expect(b.page.getByRole('status')).toHaveText('in-sync');
});
