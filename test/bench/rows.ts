/** The table of a benchmark: what was timed, of us and of a peer in the same run, and how they compare. */

export interface Row {
  readonly what: string;
  readonly ours: string;
  /** The peer and its figure, or why there is none. */
  readonly peer: string;
  /** How many times as fast as the peer, or which share of a limit; `null` where there is no peer. */
  readonly ratio: number | null;
  /** What was aimed at, in words. */
  readonly target?: string;
}

export const ms = (seconds: number): string => `${(1000 * seconds).toFixed(seconds < 0.1 ? 1 : 0)} ms`;
export const perSecond = (count: number, unit: string): string => {
  const [value, prefix] =
    count >= 1e6 ? [count / 1e6, ' M'] : count >= 1e4 ? [count / 1e3, ' k'] : [count, ''];
  return `${value.toFixed(value < 100 ? 1 : 0)}${prefix} ${unit}/s`;
};

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
