/** `ner-distill evaluate`: scores of predictions in files. */
import type { Command } from 'commander';
import { oneOf } from './arguments';
import { lazily } from './lazily';
import {
  addFileOptions,
  addReadingOptions,
  addResamplingOptions,
  overlapPercent,
} from './prediction-options';

const FORMATS = ['table', 'json', 'csv', 'conlleval'] as const;

export function declare(command: Command): void {
  addFileOptions(command);
  addReadingOptions(command)
    .option(
      '--overlap',
      'also credit for entities found in part, as nervaluate 1.2 counts it: strict, exact, partial and type, each with what ' +
        'was correct, incorrect, partial, missed, spurious',
      false,
    )
    .option(
      '--min-overlap <percent>',
      "of a gold entity's tokens that a predicted one must cover to be its counterpart (default: 1)",
      overlapPercent,
    )
    .option(
      '--intervals',
      'also bootstrap intervals (sentences drawn anew) of F1, critical F1 and coverage',
      false,
    );
  addResamplingOptions(command, ', with --intervals')
    .option(
      '--format <name>',
      'table (per cent), json or csv (fractions), or conlleval (the layout of the CoNLL-2000 script)',
      oneOf(FORMATS),
      'table' as const,
    )
    .option('--json', 'the same as --format json', false)
    .action(lazily(() => require('./actions/evaluate').evaluateFiles));
}
