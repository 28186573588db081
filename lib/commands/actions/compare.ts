/** Two models' predictions compared, as text or JSON. */
import { type Comparison, compareModels, type Difference, readPair } from '../../evaluation/compare';
import type { Fate } from '../../evaluation/facts';
import { alignColumns, levelOf, percent } from '../../evaluation/format';
import { MEASURES } from '../../evaluation/measures';
import { criticalTypes } from '../../evaluation/predictions';
import { countSentences } from '../../evaluation/scores';
import type { BootstrapOptions } from '../../evaluation/significance';
import { writeFileAtomically } from '../../files';
import { prettyJson } from '../../json';
import { factsCsv } from '../../report/facts-csv';
import { shown } from '../../shown';
import { notesOfRuns, sayNotes, sayReading } from '../notes';
import { bootstrapOptions, type ReadingFlags, readingMode } from '../prediction-options';
import { checkWritten, sayWritten } from '../written';

interface CompareFlags extends ReadingFlags, BootstrapOptions {
  readonly gold?: string;
  readonly facts?: string;
  readonly json: boolean;
}

/** Facts of a kind that are listed in a terminal. */
const MOST_LISTED = 20;

export function compare(first: string, second: string, options: CompareFlags): void {
  const { gold, facts, json, tagColumn, labels } = options;
  const prints = checkWritten({ '--facts': facts }, json, [first, second, gold]);
  const mode = readingMode(options);
  const pair = readPair([first, second], gold, mode, { tagColumn, labels });
  const [a, b] = pair.map(({ sentences }) => sentences);
  sayNotes([...pair.flatMap(({ notes }) => notes), ...notesOfRuns([first, second, gold])]);
  sayReading(a, mode);
  const types = [a, b].flatMap(sentences => countSentences(sentences, mode).types);
  const critical = criticalTypes(options.critical, [...new Set(types)].sort(), {
    gold: gold ?? first,
    predicted: second,
  });
  const comparison = compareModels(a, b, { critical, mode, ...bootstrapOptions(options) });
  if (prints)
    process.stdout.write(json ? prettyJson(comparison) : textOf(comparison, [first, second], critical));
  if (facts !== undefined) {
    writeFileAtomically(facts, factsCsv(comparison.facts));
    sayWritten(facts);
  }
}

function textOf(
  comparison: Comparison,
  [first, second]: readonly [string, string],
  critical: readonly string[],
): string {
  const { differences, factCounts } = comparison;
  const signed = (fraction: number | null): string =>
    fraction === null ? '–' : `${fraction > 0 ? '+' : ''}${percent(fraction)}`;
  const pText = (p: number | null): string => (p === null ? '–' : p.toFixed(4));
  const row = (name: string, of: Difference): string[] => [
    name,
    percent(of.first),
    percent(of.second),
    signed(of.difference),
    of.interval ? `${signed(of.interval.low)} to ${signed(of.interval.high)}` : '–',
    pText(of.pValue),
    pText(of.pHolm),
  ];
  const models = [comparison.first, comparison.second];
  const types = new Set(models.flatMap(({ byType }) => Object.keys(byType)));
  const byType = [...types].sort().map(type => {
    const [a, b] = models.map(({ byType }) => byType[type]?.f1 ?? null);
    return [type, percent(a), percent(b), signed(a === null || b === null ? null : b - a)];
  });
  const confidence = differences.f1.interval?.confidence ?? 0.95;
  const head = ['', 'first', 'second', 'difference'];
  return [
    `first:  ${shown(first)}\nsecond: ${shown(second)}\n`,
    alignColumns([
      [...head, `${levelOf({ confidence })} interval`, 'p', 'p (Holm)'],
      ...MEASURES.map(({ key, title }) => row(title, differences[key])),
    ]),
    alignColumns([['F1 by type', ...head.slice(1)], ...byType]),
    `critical entities (${shown(critical.join(', '))}): kept by both, lost and gained by the second, missed by both\n${alignColumns(
      [
        ['', 'gold', 'kept', 'lost', 'gained', 'missed'],
        ...factCounts.map(of => [of.type, ...[of.facts, of.kept, of.lost, of.gained, of.missed].map(String)]),
      ],
    )}`,
    ...(['lost', 'gained'] as const).map(fate => factList(comparison, fate)),
  ].join('\n');
}

function factList({ facts }: Comparison, fate: Fate): string {
  const rows = facts.filter(row => row.fate === fate);
  const lines = rows
    .slice(0, MOST_LISTED)
    .map(({ type, text, sentence, first_word, last_word, teacher, student }) => {
      const words = first_word === last_word ? `word ${first_word}` : `words ${first_word}–${last_word}`;
      const instead = fate === 'lost' ? student : teacher;
      return `  ${shown(`${type} ${text} (sentence ${sentence}, ${words})${instead === null ? '' : `, found ${instead}`}`)}\n`;
    });
  const more =
    rows.length > MOST_LISTED ? `  and ${rows.length - MOST_LISTED} more; --facts lists them all\n` : '';
  return `${fate}: ${rows.length}\n${lines.join('')}${more}`;
}
