/** What a device does when its process dies: every order of writes of ARCHITECTURE §4. */
import { concurrentScenarios, handledScenarios } from './concurrent-scenarios.ts';
import type { CrashScenario } from './crash-scenario.ts';
import { interjectedScenarios } from './interjected-scenarios.ts';
import { journalScenarios } from './journal-scenarios.ts';
import { localScenarios } from './local-scenarios.ts';
import { remoteScenarios } from './remote-scenarios.ts';

export const crashScenarios: readonly CrashScenario[] = [
  ...localScenarios,
  ...remoteScenarios,
  ...concurrentScenarios,
  ...handledScenarios,
  ...interjectedScenarios,
  ...journalScenarios,
];
