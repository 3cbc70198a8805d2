/** Firefox and Chromium on one board. */
import { add, invitationOf, join, launchDemo, notes, rename, startBoard } from '../fixtures/demo.ts';
import { launchFirefox } from '../fixtures/firefox.ts';
import { expect, test } from '../fixtures/test.ts';

test('Firefox and Chromium sync both ways', async ({ launchPeer, demoServer }) => {
  const chromium = await launchDemo(launchPeer, demoServer, 'chromium');
  await startBoard(chromium.page, 'Home');
  await add(chromium.page, 'Written in Chromium');
  const firefox = await launchFirefox();
  try {
    const page = await firefox.newPage();
    await page.goto(demoServer.url);
    await join({ page }, await invitationOf(chromium.page), 'Firefox');
    await expect(page.getByLabel('Text of “Written in Chromium”')).toBeVisible();
    await add(page, 'Written in Firefox');
    await expect(chromium.page.getByLabel('Text of “Written in Firefox”')).toBeVisible();
    await expect(chromium.page.getByLabel('Devices that are here')).toContainText('Firefox');
    await rename(page, 'Written in Chromium', 'Changed in Firefox');
    await expect(chromium.page.getByLabel('Text of “Changed in Firefox”')).toBeVisible();
    await chromium.page.getByLabel('“Written in Firefox” is done').check();
    await expect(page.getByLabel('“Written in Firefox” is done')).toBeChecked();
    await page.reload();
    await expect.poll(() => notes(page)).toEqual(['Written in Firefox', 'Changed in Firefox']);
    console.log(`Firefox ${firefox.version} and Chromium`);
  } finally {
    await firefox.close();
  }
});
