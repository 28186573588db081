/** The table of a benchmark: what was timed, of us and of a peer in the same run, and how they compare. */
import { median } from './measure';

export interface Row {
  readonly what: string;
  readonly ours: string;
  /** The peer, its version and its figure, or why there is none. */
  readonly peer: string;
  /** How many times as fast as the peer, or which share of a limit; `null` where there is no peer. */
  readonly ratio: number | null;
  /** What was aimed at, in words. */
  readonly target?: string;
}

/** The median of rounds, and in brackets the least and the most of them: far apart where the machine was not quiet. */
export function spread(values: readonly number[], unit: string, digits: number): string {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)].map(value =>
    value.toFixed(digits),
  );
  const range = values.length > 1 ? ` (${least}–${most})` : '';
  return `${middle}${unit}${range}`;
}

/** Seconds of rounds, as milliseconds where they are few. */
export function duration(seconds: readonly number[]): string {
  const middle = median(seconds);
  if (middle >= 10) return spread(seconds, ' s', 1);
  const milliseconds = seconds.map(each => 1000 * each);
  return spread(milliseconds, ' ms', middle < 0.1 ? 1 : 0);
}

/** Rates of rounds. */
export function perSecond(rates: readonly number[], unit: string): string {
  const [scale, prefix] = median(rates) >= 1e6 ? [1e6, ' M'] : median(rates) >= 1e4 ? [1e3, ' k'] : [1, ''];
  const scaled = rates.map(rate => rate / scale);
  return spread(scaled, `${prefix} ${unit}/s`, median(scaled) < 100 ? 1 : 0);
}

/** How many times as fast as the other, by the medians of their times. */
export const timesAsFast = (ours: readonly number[], other: readonly number[]): number =>
  median(other) / median(ours);

/** Rows as text in columns. */
export function formatRows(rows: readonly Row[]): string {
  const cells = rows.map(({ what, ours, ratio, peer, target }) => [
    what,
    ours,
    ratio === null ? '' : `${ratio.toFixed(2)} ×`,
    peer,
    target ?? '',
  ]);
  const header = ['', 'ours', 'ratio', 'peer', 'target'];
  const all = [header, ...cells];
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column].length)));
  const rightAligned = [1, 2];
  return all
    .map(row =>
      row
        .map((cell, column) =>
          rightAligned.includes(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column]),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
