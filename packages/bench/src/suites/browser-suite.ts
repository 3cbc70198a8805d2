/** A suite of one table whose rows are candidates in browsers, each with the medians of its figures. */
import { interleave, type Results, type Turn } from '../browser/interleave.ts';
import { type Lab, openLab } from '../browser/lab.ts';
import type { Bar, SuiteResult } from '../report/result.ts';
import { formatNumber, median } from '../report/statistics.ts';
import { failureNotes } from './browser-candidates.ts';

type Figures<Name extends string> = Readonly<Record<Name, number>>;

interface BrowserSuite<Name extends string> {
  readonly title: string;
  /** Titles of columns by the figures in them. */
  readonly columns: Readonly<Record<Name, string>>;
  /** Figures with one digit after the point. */
  readonly fine?: readonly Name[];
  readonly rounds: number;
  readonly notes: readonly string[];
  turns(lab: Lab): readonly Turn<Figures<Name>>[];
  /** @param of median of a figure, by label */
  bars(of: (label: string, figure: Name) => number): readonly Bar[];
}

export async function runBrowserSuite<Name extends string>(
  suite: BrowserSuite<Name>,
  progress: (text: string) => void,
): Promise<SuiteResult> {
  const lab = await openLab();
  try {
    const results = await interleave(suite.title, suite.turns(lab), suite.rounds, progress);
    const { version } = await lab.browsers.get(0);
    const names = Object.keys(suite.columns) as Name[];
    const of = (label: string, figure: Name): number => medianOf(results, label, figure);
    return {
      title: `${suite.title} (Chromium ${version})`,
      header: ['', ...names.map((name) => suite.columns[name]), 'runs'],
      rows: results.map(({ label, figures, failures }) => [
        label,
        ...names.map((name) =>
          figures.length === 0 ? 'FAILS' : formatNumber(of(label, name), suite.fine?.includes(name) === true ? 1 : 0),
        ),
        `${figures.length}${failures.length > 0 ? `, ${failures.length} failed` : ''}`,
      ]),
      notes: [...suite.notes, ...failureNotes('', results)],
      bars: suite.bars(of),
      samples: results.flatMap(({ label, figures, failures }) => [
        ...figures.map((sample) => ({ label, ...sample })),
        ...failures.map((failed) => ({ label, failed })),
      ]),
    };
  } finally {
    await lab.close();
  }
}

function medianOf<Name extends string>(results: readonly Results<Figures<Name>>[], label: string, name: Name): number {
  const values = (results.find((one) => one.label === label)?.figures ?? []).map((one) => one[name]);
  return median(values.filter((value) => !Number.isNaN(value)));
}
