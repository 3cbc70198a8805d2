/** The demo as a household uses it: three browsers on one board, at the sizes of a phone and of a desktop. */
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

for (const [name, size] of [
  ['phone', PHONE],
  ['desktop', DESKTOP],
] as const) {
  test(`three devices share a board, at the size of a ${name}`, async ({ launchPeer, demoServer, signaling }) => {
    const anna = await launchDemo(launchPeer, demoServer, 'anna', { size, canBeCut: true });
    const ben = await launchDemo(launchPeer, demoServer, 'ben', { size });
    const cleo = await launchDemo(launchPeer, demoServer, 'cleo', { size });
    const all = [anna, ben, cleo];

    await startBoard(anna.page, 'Home');
    await add(anna.page, 'Milk');
    const link = await invitationOf(anna.page);
    await join(ben, link, 'Ben’s phone');
    await join(cleo, link, 'Cleo’s phone');
    await expectUpToDate(all);
    for (const { page } of all) await expect.poll(() => notes(page)).toEqual(['Milk']);

    await add(ben.page, 'Bread');
    for (const { page } of all) await expect.poll(() => notes(page)).toEqual(['Bread', 'Milk']);

    // Anna is away; both change the same note.
    await anna.cut();
    await add(anna.page, 'Äpfel 🍏');
    await rename(anna.page, 'Milk', 'Soy milk');
    await rename(ben.page, 'Milk', 'Goat milk');
    await cleo.page.getByLabel('“Bread” is done').check();
    await expect(ben.page.getByLabel('Text of “Soy milk”')).toHaveCount(0);

    await anna.mend();
    await expectUpToDate(all);
    await expect(anna.page.getByLabel('“Bread” is done')).toBeChecked();
    for (const { page } of all) {
      await expect(page.getByLabel('Text of “Äpfel 🍏”')).toBeVisible();
      await expect(page.getByRole('heading', { name: /was changed in two places/ })).toBeVisible();
    }
    // Cleo sees who wrote what, decides, and the question is gone everywhere.
    const choice = cleo.page.locator('.choice', { hasText: 'Goat milk' });
    await expect(choice).toContainText('Ben’s phone');
    await choice.getByRole('button', { name: /^Keep this/ }).click();
    for (const { page } of all) {
      await expect(page.getByRole('heading', { name: /was changed in two places/ })).toHaveCount(0);
      await expect(page.getByLabel('Text of “Goat milk”')).toBeVisible();
    }

    // The tab that keeps Ben's board in touch is closed; his other one takes over.
    const other = await ben.openTab();
    await other.page.goto(ben.page.url());
    await expect(other.page.getByLabel('Text of “Goat milk”')).toBeVisible();
    await ben.page.close();
    await add(anna.page, 'Tea');
    await expect(other.page.getByLabel('Text of “Tea”')).toBeVisible();

    // The server that introduces devices is gone, which those who are connected do not notice.
    await signaling.stop();
    await add(other.page, 'Salt');
    for (const { page } of [anna, cleo]) await expect(page.getByLabel('Text of “Salt”')).toBeVisible();
    await expect(anna.page.getByText(/cannot be used just now/)).toBeVisible();
    await cleo.reload();
    await expect(cleo.page.getByLabel('Text of “Salt”')).toBeVisible();
    await add(cleo.page, 'Rice');
    await signaling.start();
    await expect(anna.page.getByLabel('Text of “Rice”')).toBeVisible();
    await expect(other.page.getByLabel('Text of “Rice”')).toBeVisible();
    await expectUpToDate([anna, cleo]);
  });
}
