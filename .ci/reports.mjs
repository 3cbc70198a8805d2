/** What the JSON reports of test runners say: how many passed, how many failed, and which with what error. */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** Lines of an error that are shown, and characters of each. */
const ERROR_LINES = 3;
const LINE_LENGTH = 300;

/** How Vitest's report names the error of a test that took too long. */
const TIMEOUT = 'Error: STACK_TRACE_ERROR';

/** @typedef {{ passed: number, failed: number, failures?: string[] }} Count */

/**
 * @param {string} file of the report
 * @param {(report: any) => Count} count
 * @param {number} code with which the runner ended
 * @returns {Count} one failure when there is no report
 */
export function countOf(file, count, code) {
  try {
    const result = count(JSON.parse(readFileSync(file, 'utf8')));
    // A run can fail without a failed test: a file that does not load, an error nobody caught.
    return code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  } catch (error) {
    return { passed: 0, failed: 1, failures: [failure('no report', String(error))] };
  }
}

/** @typedef {{ fullName: string, status: string, failureMessages: string[] }} UnitTest */
/** @typedef {{ name: string, status: string, message: string, assertionResults: UnitTest[] }} UnitFile */

/** @param {{ numPassedTests: number, numFailedTests: number, testResults: UnitFile[] }} report of Vitest @returns {Count} */
export function countUnits({ numPassedTests: passed, numFailedTests: failed, testResults }) {
  const failures = testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(process.cwd(), name);
    const tests = assertionResults.filter((test) => test.status === 'failed');
    if (tests.length === 0 && status === 'failed') return [failure(file, message)];
    return tests.map(({ fullName, failureMessages }) =>
      failure(`${file}: ${fullName}`, failureMessages[0]?.replace(TIMEOUT, 'Timed out')),
    );
  });
  return { passed, failed, failures };
}

/** @typedef {{ message?: string }} SpecError */
/** @typedef {{ ok: boolean, file: string, title: string, tests: { results: { errors: SpecError[] }[] }[] }} Spec */
/** @typedef {{ specs?: Spec[], suites?: Suite[] }} Suite */

/**
 * @param {{ stats: { expected: number, unexpected: number, flaky: number }, suites: Suite[], errors: SpecError[] }} report
 * of Playwright
 * @returns {Count}
 */
export function countSpecs({ stats, suites, errors }) {
  const failures = errors.map(({ message }) => failure('outside any test', message));
  for (const { ok, file, title, tests } of suites.flatMap(specsOf)) {
    const [error] = tests.flatMap(({ results }) => results.flatMap(({ errors }) => errors));
    if (!ok) failures.push(failure(`${file}: ${title}`, error?.message));
  }
  return { passed: stats.expected, failed: stats.unexpected + stats.flaky, failures };
}

/** @param {Suite} suite @returns {Spec[]} */
function specsOf({ specs = [], suites = [] }) {
  return [...specs, ...suites.flatMap(specsOf)];
}

/** @param {string} test @param {string | undefined} message @returns {string} the test and the head of its error, without colours */
function failure(test, message = 'no error given') {
  const lines = stripVTControlCharacters(message)
    .split('\n')
    .filter((line) => line.trim() !== '');
  return [test, ...lines.slice(0, ERROR_LINES).map((line) => `    ${line.slice(0, LINE_LENGTH)}`)].join('\n');
}
