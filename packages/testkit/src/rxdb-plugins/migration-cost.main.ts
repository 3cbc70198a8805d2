/**
 * `npm run measure:migration`: two devices hold 10,000 documents, migrate separately, and meet. With a deterministic
 * strategy no body may cross, and no dot be minted; with another one each document is a fork, and both end up equal.
 *
 *     npm run measure:migration -- 10000
 */
import { type MigrationResult, measureMigration } from './migration-cost.ts';

const documents = Number(process.argv[2] ?? 10_000);
const { deterministic, forked } = await measureMigration(documents);

function tell(name: string, { bytes, minted, forks, problems, equal, seconds }: MigrationResult): void {
  const reported = problems.length === 0 ? 'no problem' : problems.join(', ');
  process.stdout.write(
    `${name}: ${documents} documents, ${bytes} bytes crossed, ${minted} dots minted, ${forks} forks, ${reported}, ` +
      `${equal ? 'equal' : 'NOT EQUAL'}, ${seconds.toFixed(1)} s for both migrations and the meeting\n`,
  );
}

tell('deterministic', deterministic);
tell('not deterministic', forked);
const silent = deterministic.bytes < 10_000 && deterministic.forks === 0 && deterministic.problems.length === 0;
const converged = forked.equal && forked.forks === documents && forked.minted === 0;
process.exit(silent && deterministic.equal && deterministic.minted === 0 && converged ? 0 : 1);
