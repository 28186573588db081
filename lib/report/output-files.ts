/** What a study leaves for people at the top of its folder. */

/** The figures, each a file of this name in SVG. */
export const FIGURE_NAMES = ['figure1', 'figure2', 'figure3', 'figure4', 'pareto'] as const;
export type FigureName = (typeof FIGURE_NAMES)[number];

/** Written by `writeOutputs`, beside the figures. */
export const DOCUMENTS = [
  'table1.csv',
  'table2.csv',
  'claims.csv',
  'runs.csv',
  'lost-facts.csv',
  'report.html',
] as const;
export const VERSIONS_FILE = 'versions.txt';

export const OUTPUT_FILES: readonly string[] = [
  ...DOCUMENTS,
  ...FIGURE_NAMES.map(name => `${name}.svg`),
  VERSIONS_FILE,
];
