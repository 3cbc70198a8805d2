/** For this project's simulator and benchmarks only: may change in any release. */
export type { Identity } from './identity/identity.ts';
export { type Journal, type JournalChange, openJournal } from './journal/journal.ts';
export type { JournalLimits } from './journal/journal-limits.ts';
export type { DocRecord } from './journal/record.ts';
export { type DecodedSegment, decodeSegment } from './journal/segment.ts';
export { openSidecar, openSidecarInstance, type Sidecar } from './journal/sidecar.ts';
export { type CollectionSync, createCollectionSync } from './pool/collection-sync.ts';
export { createContests } from './pool/contests.ts';
export { createHub, type Hub, type Registration } from './pool/hub.ts';
export { acknowledgedSeq } from './pool/snapshots.ts';
export type { Timers } from './pool/timers.ts';
export { type CollectionReplica, createCollectionReplica } from './replica/collection-replica.ts';
export type { DocumentStorage, StoredDocument } from './replica/document.ts';
export { readMarker } from './replica/marker.ts';
export { createFieldsPolicy, createHandlerPolicy, type MergePolicy } from './replica/merge-policy.ts';
export { createValidator, hashSchema } from './replica/schema.ts';
export { WRITE_CONTEXT } from './replica/show.ts';
export type { Link, Transport, TransportEvents, TransportFactory } from './transport/port.ts';
