/** The options that the commands over predictions have in common: which files, which types, which reading of tags. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FileOptions } from '../corpus/formats';
import { SCHEME_NAMES, type Scheme } from '../corpus/tags';
import type { BootstrapOptions } from '../evaluation/significance';
import { SETTINGS } from '../experiment/settings';
import { confidence, decimal, list, positive, scheme, wholeNumber } from './arguments';
import { optionOf } from './plan-options';

export interface ReadingFlags extends Pick<FileOptions, 'tagColumn' | 'labels'> {
  readonly critical?: readonly string[];
  readonly strict: boolean;
  readonly scheme?: Scheme;
}

export function addFileOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--file <path>', 'columns with gold and predicted tags in the last two').conflicts([
        'gold',
        'predicted',
      ]),
    )
    .option(
      '--gold <path>',
      'a corpus file of any format (see convert) with gold tags, or - for the standard input',
    )
    .option(
      '--predicted <path>',
      'one with the same words and predicted tags, in any format, or with these tags alone, a sentence a line',
    );
}

export function addReadingOptions(command: Command): Command {
  return command
    .option('--critical <types>', 'the critical entity types, separated by commas (default: PER,ORG)', list)
    .option(
      '--strict',
      'read tags as seqeval does in its strict mode, in the scheme that --scheme names, else IOB2 ' +
        '(default: as conlleval does, whatever the scheme; where S-, E-, U- or L- stand, conlleval.pl itself takes neighbours ' +
        'of one type for one entity)',
      false,
    )
    .option('--scheme <name>', `${SCHEME_NAMES}: read tags strictly in this scheme`, scheme)
    .addOption(optionOf(SETTINGS.tagColumn))
    .addOption(optionOf(SETTINGS.labels));
}

/** @param where they belong to another option, such as `, with --intervals` */
export function addResamplingOptions(command: Command, where = ''): Command {
  return command
    .option('--resamples <n>', `how often sentences are drawn anew${where} (default: 10000)`, positive)
    .option('--confidence <fraction>', `of the intervals${where} (default: 0.95)`, confidence)
    .option('--seed <n>', `drives the drawing${where} (default: 0)`, wholeNumber);
}

export function readingMode({ strict, scheme }: ReadingFlags): Scheme | 'lenient' {
  return scheme ?? (strict ? 'IOB2' : 'lenient');
}

/** Of all flags those of the bootstrap. */
export function bootstrapOptions({ resamples, seed, confidence }: BootstrapOptions): BootstrapOptions {
  return { resamples, seed, confidence };
}

/** A minimum overlap in per cent, as nervaluate takes it. */
export function overlapPercent(text: string): number {
  const value = decimal(text);
  if (value < 1 || value > 100) throw new InvalidArgumentError('Expected 1 to 100 (per cent).');
  return value;
}
