/** What a page stores beside its documents, when it has met one peer, or several one after the other. */
import type { Lab } from '../browser/lab.ts';
import type { Outcome } from '../browser/outcome.ts';
import type { Candidate } from '../browser/peers.ts';
import { quietTraffic } from '../browser/settled.ts';
import { pairOf, withPeers } from '../browser/with-peers.ts';
import { createDocuments } from '../documents.ts';

export interface StorageCost {
  readonly databases: number;
  readonly records: number;
  /** JSON bytes of each document's share, beyond the document itself, where the documents were written */
  readonly writerBytes: number;
  /** and where they came from a peer */
  readonly readerBytes: number;
}

/** Yjs cannot send more than 256 KB at once. */
const DOCUMENTS = 200;
/** Each document once, as fast as a loop of edits is. */
const EDITS = { first: 0, documents: DOCUMENTS, perSecond: 1_000, seconds: DOCUMENTS / 1_000 };

/**
 * @param met peers that the page has met; 0: it does not replicate
 * @param write whether each of them has edited every document
 */
export async function measureStorageCost(
  lab: Lab,
  candidate: Candidate,
  { met, write = false }: { readonly met: number; readonly write?: boolean },
  timeoutMs: number,
): Promise<Outcome<StorageCost>> {
  return withPeers(lab, candidate, 2, timeoutMs, async (peers) => {
    const [keeper, visitor] = pairOf(peers);
    await keeper.call('insert', DOCUMENTS, 0);
    if (met > 0) await peers.start(keeper);
    let name = peers.database;
    let readerBytes = Number.NaN;
    let titles: Readonly<Record<number, string>> = {};
    for (let visit = 0; visit < met; visit += 1) {
      if (visit > 0) {
        name = lab.nextName();
        await visitor.call('open', { system: candidate.system, database: name });
      }
      const arrived = visitor.call('arrived', DOCUMENTS);
      await peers.start(visitor);
      await arrived;
      await quietTraffic(peers);
      await visitor.call('verify', DOCUMENTS, titles);
      if (write) {
        titles = await visitor.call('editSteadily', EDITS);
        await quietTraffic(peers);
        await keeper.call('verify', DOCUMENTS, titles);
      }
      readerBytes = beyondDocuments((await visitor.call('stored', name)).bytes);
      await visitor.call('stop');
      await visitor.call('remove');
    }
    const { databases, records, bytes } = await keeper.call('stored', peers.database);
    return { databases, records, writerBytes: beyondDocuments(bytes), readerBytes };
  });
}

function beyondDocuments(bytes: number): number {
  const plain = createDocuments(DOCUMENTS).reduce((sum, document) => sum + JSON.stringify(document).length, 0);
  return (bytes - plain) / DOCUMENTS;
}
