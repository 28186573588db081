/** `ner-distill evaluate`: scores of predictions in files. */
import { type Command, Option } from 'commander';

interface EvaluateOptions {
  readonly file?: string;
  readonly gold?: string;
  readonly predicted?: string;
  readonly critical?: string;
  readonly strict: boolean;
  readonly json: boolean;
}

export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('score predicted tags against gold tags: entity-level precision, recall, F1, coverage')
    .addOption(
      new Option('--file <path>', 'CoNLL columns with gold and predicted tags in the last two').conflicts([
        'gold',
        'predicted',
      ]),
    )
    .option('--gold <path>', 'CoNLL columns with gold tags in the last column')
    .option('--predicted <path>', 'the same words with predicted tags in the last column')
    .option('--critical <types>', 'the critical entity types, separated by commas (default: PER,ORG)')
    .option('--strict', 'read tags as strict IOB2 (default: as conlleval does)', false)
    .option('--json', 'print JSON with fractions instead of a table in per cent', false)
    .action((options: EvaluateOptions) => {
      const { evaluate } = require('../evaluation/evaluate') as typeof import('../evaluation/evaluate');
      const { formatScores } = require('../evaluation/format') as typeof import('../evaluation/format');
      const { json, strict, ...files } = options;
      const scores = evaluate({
        ...files,
        critical: options.critical?.split(',').map(type => type.trim()),
        mode: strict ? 'IOB2' : 'lenient',
      });
      process.stdout.write(json ? `${JSON.stringify(scores, null, 2)}\n` : formatScores(scores));
    });
}
