/** Encryption at rest, measured in Chromium: `globalThis.measureEncryption` is called from outside. */
import { measureBulkInserts } from './bulk-insert.ts';
import { createFieldCiphers } from './field-ciphers.ts';
import type { FieldSample, PageResult, PageSettings } from './results.ts';

async function measureFields({ sizes, fieldRounds }: PageSettings): Promise<FieldSample[]> {
  const ciphers = createFieldCiphers();
  const samples: FieldSample[] = [];
  for (let round = 0; round < fieldRounds; round++) {
    for (const size of sizes) {
      const text = Array.from({ length: size }, (_, i) => String.fromCharCode(97 + ((i * 7 + (i >> 3)) % 26))).join('');
      for (let turn = 0; turn < ciphers.length; turn++) {
        const cipher = ciphers[(round + turn) % ciphers.length];
        if (cipher !== undefined) samples.push({ name: cipher.name, size, round, ...(await cipher.measure(text)) });
      }
    }
  }
  return samples;
}

declare global {
  var measureEncryption: (settings: PageSettings) => Promise<PageResult>;
}

globalThis.measureEncryption = async (settings: PageSettings): Promise<PageResult> => {
  const fields = await measureFields(settings);
  const inserts = await measureBulkInserts(settings.documents, settings.insertRounds);
  return { fields, inserts };
};
