/** What the machine allows: storing in the receiving page alone, and the link alone. */
import type { Lab } from '../browser/lab.ts';
import { attempt, type Outcome } from '../browser/outcome.ts';

export interface Limit {
  readonly ms: number;
}

/** What a batch of ours has, about: documents of one storage call. */
const BARE_BATCH = 500;
/** The largest that simple-peer and others use everywhere. */
const MESSAGE_BYTES = 64 * 1024;
const TIMEOUT_MS = 60_000;
const RECEIVER = 1;

const nothing = async (): Promise<readonly string[]> => [];

export function measureStorageLimit(
  lab: Lab,
  kind: 'bulkInsert' | 'bareWrites',
  count: number,
): Promise<Outcome<Limit>> {
  return attempt(
    TIMEOUT_MS,
    async () => {
      const page = await (await lab.browsers.get(RECEIVER)).open();
      const given = [kind, lab.nextName(), count, BARE_BATCH] as const;
      const ms = await page.evaluate(([name, database, documents, batch]) => {
        return globalThis.limits[name](database, documents, batch);
      }, given);
      return { ms };
    },
    nothing,
  );
}

export function measureLinkLimit(lab: Lab, bytes: number): Promise<Outcome<Limit>> {
  return attempt(
    TIMEOUT_MS,
    async () => {
      const sender = await (await lab.browsers.get(0)).open();
      const receiver = await (await lab.browsers.get(RECEIVER)).open();
      const offer = await sender.evaluate(() => globalThis.rawChannel.offer());
      const answer = await receiver.evaluate((given) => globalThis.rawChannel.answer(given), offer);
      await sender.evaluate((given) => globalThis.rawChannel.accept(given), answer);
      const ms = await sender.evaluate(([total, message]) => globalThis.rawChannel.transfer(total, message), [
        bytes,
        MESSAGE_BYTES,
      ] as const);
      return { ms };
    },
    nothing,
  );
}
