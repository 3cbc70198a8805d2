/** Results as text for a terminal. */
import type { SuiteResult } from './result.ts';

/** The first column to the left, figures to the right. */
function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ');
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

export function formatResult({ title, header, rows, notes, bars }: SuiteResult): string {
  const verdicts = bars.map((bar) => `${bar.met ? 'met   ' : 'MISSED'} ${bar.what}: ${bar.got} (bar: ${bar.wanted})`);
  return ['', title, '', formatTable(header, rows), '', ...notes, ...verdicts].join('\n');
}
