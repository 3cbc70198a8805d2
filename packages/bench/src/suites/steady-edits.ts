/** Pages that edit all the time: what each edit costs them. */
import type { SuiteResult } from '../report/result.ts';
import { measureSteadyEdits } from '../scenarios/steady-edits.ts';
import type { Settings } from '../settings.ts';
import { OURS, RXDB, YJS } from './browser-candidates.ts';
import { runBrowserSuite } from './browser-suite.ts';

const TIMEOUT_MS = 95_000;

export function runSteadyEdits({ steadyEdits }: Settings, progress: (text: string) => void): Promise<SuiteResult> {
  const { peers, seconds } = steadyEdits;
  return runBrowserSuite(
    {
      title: `10 edits per second for ${seconds} s from each of ${peers} connected pages`,
      columns: { edits: 'edits', arrivals: 'changes told to pages', bytes: 'bytes on data channels', cpuMs: 'CPU ms' },
      rounds: 1,
      notes: [
        `Each page edits ten documents of its own; needed are ${peers - 1} arrivals of each edit. CPU: all processes of all browsers.`,
        'Afterwards all pages must show the last edit of every document.',
      ],
      turns: (lab) =>
        [OURS, RXDB, YJS].map((candidate) => ({
          label: candidate.label,
          measure: () => measureSteadyEdits(lab, candidate, peers, seconds, TIMEOUT_MS),
        })),
      bars: () => [],
    },
    progress,
  );
}
