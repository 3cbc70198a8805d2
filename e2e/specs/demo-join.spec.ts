/** How a device comes onto a board, and what it refuses. */
import type { Page } from '@playwright/test';
import { add, invitationOf, join, launchDemo, startBoard } from '../fixtures/demo.ts';
import { expect, test } from '../fixtures/test.ts';

const PASSWORD = 'correct horse battery staple';

test('an invitation leaves the address before anything else, and asks before it joins', async ({
  launchPeer,
  demoServer,
}) => {
  const anna = await launchDemo(launchPeer, demoServer, 'anna');
  await startBoard(anna.page, 'Home');
  await add(anna.page, 'Milk');
  const link = new URL(await invitationOf(anna.page));
  const secret = new URLSearchParams(link.hash.slice('#join?'.length)).get('k') ?? '';
  expect(secret).toMatch(/^[\w-]{53}$/);

  // Opened as a link is: the page does not run yet.
  const ben = await launchDemo(launchPeer, demoServer, 'ben', {
    url: (origin) => `${origin}/${link.hash}`,
    // Notes the address at the first request for the code of the application, which the first script causes.
    before: () => {
      const seen: string[] = [];
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const { name } of list.getEntries()) if (name.includes('/assets/start')) seen.push(location.href);
      }).observe({ type: 'resource' });
    },
  });
  await expect(ben.page.getByRole('heading', { name: 'Join “Home”?' })).toBeVisible();
  const addresses = await ben.page.evaluate(() => [...(window as unknown as { seen: string[] }).seen, location.href]);
  expect(addresses.length).toBeGreaterThan(1);
  for (const address of addresses) expect(address).not.toContain(secret);
  expect(await ben.page.evaluate(() => document.querySelector<HTMLMetaElement>('meta[name=referrer]')?.content)).toBe(
    'no-referrer',
  );

  await ben.page.getByRole('button', { name: 'Not now' }).click();
  await expect(ben.page.getByLabel('Start your first board')).toBeVisible();
  await join(ben, link.href, 'Ben’s phone');
  await expect(ben.page.getByLabel('Text of “Milk”')).toBeVisible();
  await expect(anna.page.getByLabel('Devices that are here')).toContainText('Ben’s phone');
});

test('a server that the page does not know is refused, and not asked', async ({ launchPeer, demoServer }) => {
  const peer = await launchDemo(launchPeer, demoServer, 'anna');
  const asked: string[] = [];
  peer.page.on('request', (request) => asked.push(new URL(request.url()).host));
  const fields = { v: '1', t: '0'.repeat(32), k: `p2p1_${'k'.repeat(48)}`, n: 'Prize', s: 'http://127.0.0.1:1' };
  await peer.page.evaluate(
    (hash) => {
      location.hash = hash;
    },
    `join?${new URLSearchParams(fields)}`,
  );
  await expect(peer.page.getByText(/names a server that this page does not know/)).toBeVisible();
  expect(asked).not.toContain('127.0.0.1:1');
  await peer.page.getByRole('button', { name: 'To my boards' }).click();
  await expect(peer.page.getByLabel('Start your first board')).toBeVisible();
});

/** What lies beside the encrypted copy. */
function keptBeside(page: Page): Promise<readonly unknown[]> {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        indexedDB.open('device-key').onsuccess = ({ target }) => {
          const database = (target as IDBOpenDBRequest).result;
          database.transaction('key').objectStore('key').getAll().onsuccess = (event) => {
            database.close();
            resolve((event.target as IDBRequest<unknown[]>).result);
          };
        };
      }),
  );
}

test('a password encrypts this device, can be changed, and is asked for', async ({ launchPeer, demoServer }) => {
  const { page } = await launchDemo(launchPeer, demoServer, 'anna');
  await startBoard(page, 'Home');
  await add(page, 'Milk');
  const setPassword = async (fill: () => Promise<void>, button: string): Promise<void> => {
    await page.goto(`${new URL(page.url()).origin}/#/settings`);
    await fill();
    await page.getByRole('button', { name: button }).click();
    await expect(page.getByText('Done.', { exact: true })).toBeVisible();
  };
  const open = async (password: string): Promise<void> => {
    await page.getByLabel('Password of this device').fill(password);
    await page.getByRole('button', { name: 'Open' }).click();
  };
  await setPassword(() => page.getByLabel(/^Password, at least/).fill(PASSWORD), 'Set password');
  expect(await keptBeside(page)).toEqual([{}]);
  await page.reload();
  await open('another one');
  await expect(page.getByText('That is not the password.')).toBeVisible();
  await open(PASSWORD);
  await page.getByRole('link', { name: 'Back to my boards' }).click();
  await page.getByRole('link', { name: /Home/ }).click();
  await expect(page.getByLabel('Text of “Milk”')).toBeVisible();

  await setPassword(async () => {
    await page.getByLabel('Present password').fill(PASSWORD);
    await page.getByLabel(/^New password/).fill(`${PASSWORD} 2`);
  }, 'Change password');
  await page.reload();
  await open(PASSWORD);
  await expect(page.getByText('That is not the password.')).toBeVisible();
  await open(`${PASSWORD} 2`);
  await expect(page.getByRole('heading', { name: 'Settings' })).toBeVisible();
});
