/** Walks through the demo as a household would have left it, and takes a picture of each view. */
import { join as path } from 'node:path';
import type { Page } from '@playwright/test';
import {
  add,
  DESKTOP,
  expectUpToDate,
  invitationOf,
  join,
  launchDemo,
  PHONE,
  rename,
  startBoard,
} from '../fixtures/demo.ts';
import { expect, test } from '../fixtures/test.ts';

const FOLDER = path(import.meta.dirname, '..', '..', 'demo', 'screenshots');

for (const [name, size] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
] as const) {
  const take = async (page: Page, view: string): Promise<void> => {
    await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur());
    await page.mouse.move(0, 0);
    await page.screenshot({ path: path(FOLDER, `${view}-${name}.png`), animations: 'disabled' });
  };

  test(`views at the size of a ${name}`, async ({ launchPeer, demoServer }) => {
    const anna = await launchDemo(launchPeer, demoServer, 'anna', { size, canBeCut: true });
    const { page } = anna;
    await expect(page.getByLabel('Start your first board')).toBeVisible();
    await take(page, 'first');

    await startBoard(page, 'Home', 'Shopping');
    for (const text of ['Washing powder', 'Lemons', 'Bread from the good bakery', 'Apples', 'Milk'])
      await add(page, text);
    await page.getByLabel('“Lemons” is done').check();
    const link = await invitationOf(page);

    const ben = await launchDemo(launchPeer, demoServer, 'ben', { size });
    await ben.page.evaluate((hash) => {
      location.hash = hash;
    }, new URL(link).hash);
    await expect(ben.page.getByRole('button', { name: 'Join', exact: true })).toBeVisible();
    await take(ben.page, 'join');
    await join(ben, link, 'Ben’s phone');
    const cleo = await launchDemo(launchPeer, demoServer, 'cleo', { size });
    await join(cleo, link, 'Living room');
    await expectUpToDate([anna, ben, cleo]);
    await take(page, 'board');

    await page.getByRole('button', { name: 'Invite' }).click();
    await expect(page.getByRole('img', { name: 'Code of the invitation' })).toBeVisible();
    await take(page, 'invite');
    await page.getByRole('button', { name: 'Close' }).click();

    await anna.cut();
    await rename(page, 'Milk', 'Soy milk');
    await rename(ben.page, 'Milk', 'Goat milk');
    await anna.mend();
    await expect(page.getByRole('heading', { name: /was changed in two places/ })).toBeVisible();
    await expectUpToDate([anna, ben, cleo]);
    await take(page, 'conflict');

    await page.getByLabel('Devices', { exact: true }).getByRole('link').click();
    await expect(page.getByRole('heading', { name: 'Devices of Home' })).toBeVisible();
    await take(page, 'devices');

    await page.goto(`${new URL(page.url()).origin}/#/`);
    for (const [title, template] of [
      ['Lisbon in May', 'Trip'],
      ['House', 'Chores'],
    ] as const) {
      await startBoard(page, title, template);
      await page.getByRole('link', { name: 'All boards' }).click();
    }
    await expect(page.getByText('Lisbon in May')).toBeVisible();
    await take(page, 'boards');

    await page.getByRole('link', { name: 'Settings' }).click();
    await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
    await take(page, 'settings');
    await page.getByLabel(/^Password, at least/).fill('correct horse battery');
    await page.getByRole('button', { name: 'Set password' }).click();
    await expect(page.getByText('Done.', { exact: true })).toBeVisible();
    await page.reload();
    await expect(page.getByLabel('Password of this device')).toBeVisible();
    await take(page, 'unlock');
  });
}
