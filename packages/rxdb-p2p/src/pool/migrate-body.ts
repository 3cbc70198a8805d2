/** Leads the content of one version through a collection's migration strategies, as RxDB leads documents through them. */
import { type Body, P2PError } from '@rxdb-p2p/protocol';
import type { RxCollection } from 'rxdb';
import type { MigrateBody } from '../replica/schema-change.ts';
import { withinTime } from '../replica/within-time.ts';
import type { Timers } from './timers.ts';

/** How long a strategy may take for one version, milliseconds: it may ask a server. */
const STRATEGY_WITHIN_MS = 10_000;

export function createMigrateBody(
  { name, schema, migrationStrategies }: Pick<RxCollection, 'name' | 'schema' | 'migrationStrategies'>,
  timers: Timers,
  onProblem: (problem: P2PError) => void,
): MigrateBody {
  return async (body, fromVersion) => {
    let migrated: Body | null = body;
    for (let version = fromVersion + 1; version <= schema.version && migrated !== null; version++) {
      const strategy = migrationStrategies?.[version];
      if (strategy === undefined) continue;
      try {
        // RxDB's strategies get the attachments with the document, and may change it in place.
        const given = { ...structuredClone(migrated), _attachments: {} };
        const answer = strategy(given, undefined as never) as unknown;
        migrated = await withinTime(Promise.resolve(answer), STRATEGY_WITHIN_MS, timers).then(asBody);
      } catch (cause) {
        const message = `the migration to version ${version} of collection ${name} failed for a concurrent version of a document`;
        const hint = 'it is kept as it was, and shown if the new schema allows it';
        onProblem(new P2PError('MIGRATION_FAILED', message, { cause, hint }));
        return undefined;
      }
    }
    return migrated;
  };
}

function asBody(answer: unknown): Body | null {
  if (answer === null) return null;
  if (typeof answer !== 'object' || Array.isArray(answer)) throw new TypeError('strategy: expected a document or null');
  const { _attachments, _deleted, _meta, _rev, ...body } = answer as Record<string, unknown>;
  // As it would travel.
  return JSON.parse(JSON.stringify(body)) as Body;
}
