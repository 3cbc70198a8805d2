/** Encryption at rest in Chromium: one field, and 10,000 documents into Dexie. */
import { openBrowsers } from '../browser/browsers.ts';
import type { BulkInsertTime, FieldSample } from '../pages/encryption/results.ts';
import type { Bar, SuiteResult } from '../report/result.ts';
import { formatNumber, median } from '../report/statistics.ts';
import type { Settings } from '../settings.ts';

const OURS = 'rxdb-p2p-encryption';
const CRYPTO_JS = 'crypto-js (RxDB)';
const PLAIN = 'not encrypted';

/** Times as fast as crypto-js, by characters of a field. */
const WANTED_TIMES: ReadonlyMap<number, number> = new Map([
  [200, 5],
  [2_000, 3],
  [200_000, 2],
]);
const WANTED_INSERT_RATIO = 1.5;

export async function runEncryption(settings: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { fieldRounds, insertRounds } = settings.encryption;
  const sizes = [...WANTED_TIMES.keys()];
  progress('encryption: Chromium measures');
  const page = { sizes, fieldRounds, insertRounds, documents: settings.documents };
  const browsers = await openBrowsers('encryption');
  const browser = await browsers.get(0);
  const opened = await browser.open();
  const { fields, inserts } = await opened.evaluate((asked) => globalThis.measureEncryption(asked), page);
  await browsers.close();
  const fieldOf = (name: string, size: number, what: 'encrypt' | 'decrypt'): number =>
    median(fields.filter((one) => one.name === name && one.size === size).map((one) => one[what]));
  // The fastest: a whole second is never without interruption on a machine that others use too.
  const insertOf = (name: string): number =>
    Math.min(...inserts.filter((one) => one.name === name).map(({ ms }) => ms));
  const names = [...new Set([...fields, ...inserts].map(({ name }) => name))];
  const micro = (value: number): string => formatNumber(value, value < 100 ? 1 : 0);
  return {
    title: `Encryption at rest in Chromium ${browser.version}`,
    header: [
      'microseconds, encrypt / decrypt',
      ...sizes.map((size) => `${formatNumber(size)} B`),
      `bulkInsert of ${formatNumber(settings.documents)}, ms`,
    ],
    rows: names.map((name) => [
      name,
      ...sizes.map((size) => `${micro(fieldOf(name, size, 'encrypt'))} / ${micro(fieldOf(name, size, 'decrypt'))}`),
      Number.isFinite(insertOf(name)) ? formatNumber(insertOf(name)) : '–',
    ]),
    notes: [
      'Warm. Fields: medians of interleaved rounds; a field of ours is a document with all that the storage wrapper does to it.',
      'bulkInsert: 1 KB each into Dexie, three fields of about 900 bytes encrypted, until RxDB acknowledges; fastest round.',
    ],
    bars: [...fieldBars(sizes, fieldOf), insertBar(insertOf)],
    samples: [
      ...fields.map((sample: FieldSample) => ({ label: sample.name, ...sample })),
      ...inserts.map((sample: BulkInsertTime) => ({ label: sample.name, ...sample })),
    ],
  };
}

function fieldBars(
  sizes: readonly number[],
  fieldOf: (name: string, size: number, what: 'encrypt' | 'decrypt') => number,
): Bar[] {
  return sizes.flatMap((size) =>
    (['encrypt', 'decrypt'] as const).map((what) => {
      const times = fieldOf(CRYPTO_JS, size, what) / fieldOf(OURS, size, what);
      const wanted = WANTED_TIMES.get(size) ?? Number.POSITIVE_INFINITY;
      return {
        what: `${what} ${formatNumber(size)} B beside crypto-js`,
        wanted: `at least ${wanted} times as fast`,
        got: `${formatNumber(times, 1)} times`,
        met: times >= wanted,
      };
    }),
  );
}

function insertBar(insertOf: (name: string) => number): Bar {
  const ratio = insertOf(OURS) / insertOf(PLAIN);
  return {
    what: 'bulkInsert beside no encryption',
    wanted: `at most ${WANTED_INSERT_RATIO} times its time`,
    got: `${formatNumber(ratio, 2)} times; crypto-js ${formatNumber(insertOf(CRYPTO_JS) / insertOf(PLAIN), 2)} times`,
    met: ratio <= WANTED_INSERT_RATIO,
  };
}
