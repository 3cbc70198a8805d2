/** Everybody can use the demo: no view has a fault that axe knows, and the keyboard alone does everything. */
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import {
  add,
  DESKTOP,
  expectUpToDate,
  invitationOf,
  join,
  launchDemo,
  notes,
  PHONE,
  rename,
  startBoard,
} from '../fixtures/demo.ts';
import { expect, test } from '../fixtures/test.ts';

async function expectAccessible(page: Page, view: string): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  expect(found, view).toEqual([]);
}

for (const [name, size, colorScheme] of [
  ['phone, light', PHONE, 'light'],
  ['desktop, dark', DESKTOP, 'dark'],
] as const) {
  test(`axe finds nothing on any view: ${name}`, async ({ launchPeer, demoServer }) => {
    const anna = await launchDemo(launchPeer, demoServer, 'anna', { size, canBeCut: true });
    const ben = await launchDemo(launchPeer, demoServer, 'ben', { size });
    const { page } = anna;
    for (const peer of [anna, ben]) await peer.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });

    await expect(page.getByLabel('Start your first board')).toBeVisible();
    await page.getByText('Join a board of somebody else').click();
    await expectAccessible(page, 'first');
    await startBoard(page, 'Home');
    await expectAccessible(page, 'empty board');
    for (const text of ['Milk', 'Bread']) await add(page, text);
    await page.getByLabel('“Bread” is done').check();
    const link = await invitationOf(page);
    await page.getByRole('button', { name: 'Invite' }).click();
    await expectAccessible(page, 'invitation');
    await page.keyboard.press('Escape');

    await ben.page.evaluate((hash) => {
      location.hash = hash;
    }, new URL(link).hash);
    await expect(ben.page.getByRole('button', { name: 'Join', exact: true })).toBeVisible();
    await expectAccessible(ben.page, 'join');
    await join(ben, link, 'Ben’s phone');
    await expectUpToDate([anna, ben]);

    await anna.cut();
    await rename(page, 'Milk', 'Soy milk');
    await rename(ben.page, 'Milk', 'Goat milk');
    await anna.mend();
    await expect(page.getByRole('heading', { name: /was changed in two places/ })).toBeVisible();
    await page.getByRole('button', { name: 'Join both…' }).click();
    await page.getByLabel('Text of “Bread”').focus();
    await expectAccessible(page, 'conflict, and a note that is being edited');
    await page.getByRole('button', { name: 'Search this board' }).click();
    await page.getByLabel('Search all lists').fill('bread');
    await expectAccessible(page, 'search');

    await page.getByLabel('Devices', { exact: true }).getByRole('link').click();
    await page.getByRole('button', { name: 'Find out why' }).click();
    await expect(page.locator('[data-finding=others]')).toBeVisible();
    for (const summary of ['What the report says', 'For developers']) await page.getByText(summary).click();
    await expectAccessible(page, 'devices');

    await page.getByRole('link', { name: 'Back to Home' }).click();
    await page.getByRole('link', { name: 'All boards' }).click();
    await page.getByLabel('More for Home').click();
    await expectAccessible(page, 'boards, with a menu');
    await page.getByRole('button', { name: 'Remove from this device…' }).click();
    await expectAccessible(page, 'boards, with a question');
    await page.getByRole('button', { name: 'Keep' }).click();
    await page.getByLabel('More for Home').click();
    await page.getByRole('button', { name: 'Put away' }).click();
    await expect(page.getByRole('heading', { name: 'Put away' })).toBeVisible();
    await expectAccessible(page, 'boards, one put away');

    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel(/^Password, at least/).fill('correct horse battery');
    await page.getByRole('button', { name: 'Set password' }).click();
    await expect(page.getByText('Done.', { exact: true })).toBeVisible();
    await expectAccessible(page, 'settings');
    await page.reload();
    await expect(page.getByLabel('Password of this device')).toBeVisible();
    await expectAccessible(page, 'unlock');
  });
}

test('the keyboard alone starts a board and does everything with its notes', async ({ launchPeer, demoServer }) => {
  const { page } = await launchDemo(launchPeer, demoServer, 'anna');
  const press = async (...keys: string[]): Promise<void> => {
    for (const key of keys) await page.keyboard.press(key);
  };
  /** Moves the focus on until it is at what is asked for, as somebody with a keyboard does. */
  const tabTo = async (name: string | RegExp, key = 'Tab'): Promise<void> => {
    const isThere = async (): Promise<boolean> => {
      const label = await page.evaluate(() => {
        const at = document.activeElement;
        const labels = at instanceof HTMLInputElement ? [...(at.labels ?? [])].map((one) => one.textContent) : [];
        return at?.getAttribute('aria-label') ?? labels.at(0) ?? at?.textContent ?? '';
      });
      return typeof name === 'string' ? label.trim() === name : name.test(label);
    };
    for (let steps = 0; steps < 80; steps++) {
      if (await isThere()) return;
      await page.keyboard.press(key);
    }
    throw new Error(`the Tab key does not come to ${name}`);
  };
  await expect(page.getByLabel('Start your first board')).toBeVisible();
  await tabTo('Start your first board');
  await page.keyboard.type('Home');
  await tabTo('Empty');
  await press('ArrowRight');
  await tabTo('Start', 'Shift+Tab');
  await press('Enter');
  await expect(page.getByLabel('Name of the board')).toHaveValue('Home');

  await tabTo('New note');
  for (const text of ['Milk', 'Bread', 'Tea']) {
    await page.keyboard.type(text);
    await press('Enter');
    await expect(page.getByLabel(`Text of “${text}”`)).toBeVisible();
  }
  // Tick, edit, write more.
  await tabTo('“Tea” is done');
  await press('Space');
  await expect(page.getByLabel('“Tea” is done')).toBeChecked();
  await tabTo('Text of “Tea”');
  await press('End');
  await page.keyboard.type('s');
  await press('Enter');
  await expect(page.getByLabel('Text of “Teas”')).toBeVisible();
  await tabTo('Write more about “Teas”');
  await press('Enter');
  await page.keyboard.type('the green one');
  await press('Enter');
  await expect(page.getByLabel('More about “Teas”', { exact: true })).toHaveValue('the green one');
  // Move by the arrow keys, with the focus staying on the handle.
  await tabTo(/^Move “Teas”: arrow/);
  await press('ArrowDown');
  await expect.poll(() => notes(page)).toEqual(['Bread', 'Teas', 'Milk']);
  await press('ArrowDown');
  await expect.poll(() => notes(page)).toEqual(['Bread', 'Milk', 'Teas']);
  await press('ArrowUp');
  await expect.poll(() => notes(page)).toEqual(['Bread', 'Teas', 'Milk']);
  // Delete, and undo.
  await tabTo('Text of “Teas”', 'Shift+Tab');
  await tabTo('Delete “Teas”');
  await press('Enter');
  await expect.poll(() => notes(page)).toEqual(['Bread', 'Milk']);
  await tabTo('Undo');
  await press('Enter');
  await expect.poll(() => notes(page)).toEqual(['Bread', 'Teas', 'Milk']);
  // Another list, and a note moved there.
  await tabTo('New list', 'Shift+Tab');
  await press('Enter');
  await page.keyboard.type('Market');
  await press('Enter');
  await expect(page.getByRole('button', { name: /^Market/ })).toHaveAttribute('aria-pressed', 'true');
  await tabTo(/^Groceries/, 'Shift+Tab');
  await press('Enter');
  await tabTo('Text of “Milk”');
  await tabTo('Move “Milk” to another list');
  await page.keyboard.type('Market');
  await press('Enter');
  await expect.poll(() => notes(page)).toEqual(['Bread', 'Teas']);
  // Search, invite, and the devices.
  await tabTo('Search this board', 'Shift+Tab');
  await press('Enter');
  await page.keyboard.type('milk');
  await expect.poll(() => notes(page)).toEqual(['Milk']);
  await press('Escape');
  await tabTo('Invite', 'Shift+Tab');
  await press('Enter');
  await expect(page.getByRole('img', { name: 'Code of the invitation' })).toBeVisible();
  await press('Escape');
  await tabTo(/Nobody else is here/);
  await press('Enter');
  await tabTo('Find out why');
  await press('Enter');
  await expect(page.locator('[data-finding=others]')).toBeVisible();
  // Put away and take out again.
  await tabTo('Back to Home', 'Shift+Tab');
  await press('Enter');
  await tabTo('All boards', 'Shift+Tab');
  await press('Enter');
  await tabTo('More for Home');
  await press('Enter');
  await tabTo('Put away');
  await press('Enter');
  await expect(page.getByRole('heading', { name: 'Put away' })).toBeVisible();
});
