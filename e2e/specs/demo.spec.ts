/** The demo as two people use it: the same list in two browsers, one of them offline for a while. */
import type { Page } from '@playwright/test';
import type { Peer } from '../fixtures/peer.ts';
import { expect, test } from '../fixtures/test.ts';

const LIST = 'groceries';

async function add(page: Page, text: string): Promise<void> {
  await page.getByLabel('New item').fill(text);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByLabel(`Text of “${text}”`)).toBeVisible();
}

async function rename(page: Page, from: string, to: string): Promise<void> {
  const field = page.getByLabel(`Text of “${from}”`);
  await field.fill(to);
  await field.press('Enter');
}

/** Texts of the list, as they stand. */
function items(page: Page): Promise<readonly string[]> {
  return page
    .getByLabel(/^Text of/)
    .evaluateAll((fields) => fields.map((field) => (field as HTMLTextAreaElement).value));
}

async function expectInSync(peers: readonly Peer[]): Promise<void> {
  for (const { page } of peers) await expect(page.getByText('In sync', { exact: true })).toBeVisible();
}

test('a list shared by two people, edited on both sides while one is offline', async ({ launchPeer, demoServer }) => {
  const url = (signaling: string): string => `${demoServer.url}?signaling=${encodeURIComponent(signaling)}#${LIST}`;
  const anna = await launchPeer('anna', { url, canBeCut: true });
  const ben = await launchPeer('ben', { url });

  await add(anna.page, 'Milk');
  await add(ben.page, 'Bread');
  await expectInSync([anna, ben]);
  for (const { page } of [anna, ben]) await expect.poll(() => items(page)).toEqual(['Bread', 'Milk']);

  await anna.cut();
  await add(anna.page, 'Äpfel 🍏');
  await rename(anna.page, 'Milk', 'Soy milk');
  await rename(ben.page, 'Milk', 'Goat milk');
  await ben.page.getByLabel('“Bread” is done').check();
  await expect(ben.page.getByLabel('Text of “Soy milk”')).toHaveCount(0);

  await anna.mend();
  await expectInSync([anna, ben]);
  await expect(anna.page.getByLabel('“Bread” is done')).toBeChecked();
  for (const { page } of [anna, ben]) {
    await expect(page.getByLabel('Text of “Äpfel 🍏”')).toBeVisible();
    await expect(page.getByRole('heading', { name: /was changed in two places/ })).toBeVisible();
  }
  expect(await items(anna.page)).toEqual(await items(ben.page));

  // Ben decides, and the question is gone on both sides.
  await ben.page
    .locator('.choice', { hasText: 'Soy milk' })
    .getByRole('button', { name: /^Keep this/ })
    .click();
  for (const { page } of [anna, ben]) {
    await expect(page.getByRole('heading', { name: /was changed in two places/ })).toHaveCount(0);
    await expect(page.getByLabel('Text of “Soy milk”')).toBeVisible();
  }

  await anna.reload();
  await expectInSync([anna, ben]);
  expect(await items(anna.page)).toEqual(await items(ben.page));
});

test('a server that is down troubles nobody who is connected, and the way back covers nothing', async ({
  launchPeer,
  demoServer,
  signaling,
}) => {
  const url = (address: string): string => `${demoServer.url}?signaling=${encodeURIComponent(address)}#${LIST}`;
  const [anna, ben] = [await launchPeer('anna', { url }), await launchPeer('ben', { url })];
  await anna.page.setViewportSize({ width: 390, height: 844 });
  await add(anna.page, 'Milk');
  await expectInSync([anna, ben]);

  await signaling.stop();
  const panel = anna.page.getByLabel('Sync', { exact: true });
  await expect(panel.getByText(/cannot be used just now/)).toBeVisible();
  await expect(panel.locator(':scope > .problem')).toHaveCount(0);
  await expectInSync([anna, ben]);
  await expect(anna.page.locator('.route')).toHaveText(/\d+ ms/);
  await add(ben.page, 'Bread');
  await expect(anna.page.getByLabel('Text of “Bread”')).toBeVisible();

  await anna.page.getByRole('button', { name: /^Delete “Milk”/ }).click();
  const toast = await anna.page.locator('.undo').boundingBox();
  for (const shown of ['h1', '.items', '.list-end']) {
    const box = await anna.page.locator(shown).boundingBox();
    expect((box?.y ?? 0) + (box?.height ?? 0), shown).toBeLessThanOrEqual(toast?.y ?? 0);
  }
});
