/** Boards that are open, put away and removed. */
import { add, launchDemo, notes, startBoard } from '../fixtures/demo.ts';
import { expect, test } from '../fixtures/test.ts';

const MAX_OPEN_BOARDS = 8;

test('at most eight boards are open; one that is put away makes room, and keeps its notes', async ({
  launchPeer,
  demoServer,
}) => {
  const { page } = await launchDemo(launchPeer, demoServer, 'anna');
  const home = page.getByRole('link', { name: 'All boards' });
  for (let n = 1; n <= MAX_OPEN_BOARDS; n++) {
    await startBoard(page, `Board ${n}`, 'Empty');
    if (n === 1) await add(page, 'Milk');
    await home.click();
  }
  await page.getByLabel('Start another board').fill('One more');
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByText(/8 boards are open.*Put one away first/)).toBeVisible();

  const more = page.getByLabel('More for Board 1', { exact: true });
  await more.click();
  await page.getByRole('button', { name: 'Put away' }).click();
  await startBoard(page, 'One more', 'Empty');
  await home.click();
  await more.click();
  await page.getByRole('button', { name: 'Open again' }).click();
  await expect(page.getByText(/8 boards are open/)).toBeVisible();

  // Removed for good, after a question.
  await page.getByLabel('More for Board 2', { exact: true }).click();
  await page.getByRole('button', { name: 'Remove from this device…' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click();
  await expect(page.getByText('Board 2', { exact: true })).toHaveCount(0);
  await more.click();
  await page.getByRole('button', { name: 'Open again' }).click();
  await page.getByRole('link', { name: /^Board 1/ }).click();
  await expect.poll(() => notes(page)).toEqual(['Milk']);
  await page.reload();
  await expect.poll(() => notes(page)).toEqual(['Milk']);
});

test('nothing is evaluated, and nobody but the page’s own origin is asked', async ({ launchPeer, demoServer }) => {
  const { page } = await launchDemo(launchPeer, demoServer, 'anna');
  const hosts = new Set<string>();
  page.on('request', (request) => hosts.add(new URL(request.url()).host));
  page.on('websocket', (socket) => hosts.add(new URL(socket.url()).host));
  await page.reload();
  await startBoard(page, 'Home');
  await add(page, 'Milk');
  await page.getByLabel('Devices', { exact: true }).getByRole('link').click();
  await page.getByRole('button', { name: 'Find out why' }).click();
  await expect(page.locator('[data-finding=others]')).toBeVisible();
  expect([...hosts]).toEqual([new URL(page.url()).host]);
  // Later, since what the test itself calls is allowed to evaluate.
  const evaluated = await page.evaluate(
    () =>
      new Promise((resolve) => {
        setTimeout(() => {
          try {
            resolve(new Function('return "evaluated"')());
          } catch (error) {
            resolve((error as Error).name);
          }
        });
      }),
  );
  expect(evaluated).toBe('EvalError');
});
