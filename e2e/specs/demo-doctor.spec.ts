/** The connection doctor: why devices do not find each other, and a report without anything secret. */
import type { Page } from '@playwright/test';
import { add, invitationOf, join, launchDemo, startBoard } from '../fixtures/demo.ts';
import { expect, test } from '../fixtures/test.ts';

async function openDoctor(page: Page): Promise<void> {
  await page.getByLabel('Devices', { exact: true }).getByRole('link').click();
  await page.getByRole('button', { name: 'Find out why' }).click();
  await expect(page.locator('[data-finding=others]')).toBeVisible();
}

const finding = (page: Page, id: string) => page.locator(`[data-finding=${id}]`);

test('tells a server that is down from nobody there, and its report has no secret', async ({
  launchPeer,
  demoServer,
  signaling,
}) => {
  const anna = await launchDemo(launchPeer, demoServer, 'anna');
  const { page } = anna;
  await startBoard(page, 'Birthday surprise');
  await add(page, 'Balloons');
  const link = await invitationOf(page);
  await openDoctor(page);
  await expect(finding(page, 'server')).toHaveClass('good');
  await expect(finding(page, 'browser')).toHaveClass('good');
  await expect(finding(page, 'clock')).toHaveClass('good');
  await expect(finding(page, 'others')).toHaveClass('unclear');
  const code = await page.locator('.room-code').textContent();
  await expect(finding(page, 'others')).toContainText(code ?? '-');

  const ben = await launchDemo(launchPeer, demoServer, 'ben');
  await join(ben, link, 'Ben’s phone');
  await expect(page.getByLabel('Other devices')).toContainText('Ben’s phone');
  await expect(page.getByRole('img', { name: /connected with Ben’s phone/ })).toBeVisible();
  await ben.page.getByLabel('Devices', { exact: true }).getByRole('link').click();
  await expect(ben.page.locator('.room-code')).toHaveText(code ?? '-');

  await page.getByRole('button', { name: 'Look again' }).click();
  await expect(finding(page, 'others')).toHaveClass('good');
  await signaling.stop();
  await page.getByRole('button', { name: 'Look again' }).click();
  await expect(finding(page, 'server')).toHaveClass('bad');

  await page.getByText('What the report says').click();
  const text = await page.getByLabel('Report', { exact: true }).inputValue();
  expect(text).toContain('bad      server');
  expect(text).toContain(code ?? '-');
  const fields = new URLSearchParams(new URL(link).hash.slice('#join?'.length));
  for (const secret of [fields.get('t'), fields.get('k'), 'Birthday', 'Balloons', 'Ben', '127.0.0.1']) {
    expect(text, `${secret}`).not.toContain(secret);
  }

  await ben.page.goto('about:blank');
  await expect(page.getByLabel('Other devices')).toContainText('had everything at');
  await page.getByRole('button', { name: 'Look again' }).click();
  await expect(finding(page, 'others')).toContainText('First the server has to answer.');
});

test('a wrong clock is found', async ({ launchPeer, demoServer }) => {
  const { page } = await launchDemo(launchPeer, demoServer, 'anna', {
    before: () => {
      const now = Date.now.bind(Date);
      Date.now = () => now() + 3 * 3_600_000;
    },
  });
  await startBoard(page, 'Home');
  await openDoctor(page);
  await expect(finding(page, 'clock')).toHaveText(/clock is 180 min fast/);
});

test('a device that is there, with no way to it, is told from nobody there', async ({ launchPeer, demoServer }) => {
  const anna = await launchDemo(launchPeer, demoServer, 'anna');
  await startBoard(anna.page, 'Home');
  // Ben's browser may send through relays alone, and there is none, as in networks that let only web pages through.
  const ben = await launchDemo(launchPeer, demoServer, 'ben', {
    before: () => {
      const Connection = RTCPeerConnection;
      window.RTCPeerConnection = class extends Connection {
        constructor(config?: RTCConfiguration) {
          super({ ...config, iceTransportPolicy: 'relay' });
        }
      };
    },
  });
  await join(ben, await invitationOf(anna.page), 'Ben’s phone');
  await openDoctor(anna.page);
  await expect(async () => {
    await anna.page.getByRole('button', { name: 'Look again' }).click();
    await expect(finding(anna.page, 'others')).toContainText('there is no way to it', { timeout: 3_000 });
  }).toPass({ timeout: 60_000 });
  await expect(finding(anna.page, 'browser')).toHaveClass('good');
  await openDoctor(ben.page);
  await expect(finding(ben.page, 'browser')).toHaveClass('bad');
});
