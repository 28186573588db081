/**
 * The command line: parses arguments and calls the library. What a command needs is loaded when it runs, so that `--help`
 * answers at once.
 */
import { Command, CommanderError, Option } from 'commander';
import { InputError } from './errors';

interface EvaluateOptions {
  readonly file?: string;
  readonly gold?: string;
  readonly predicted?: string;
  readonly critical?: string;
  readonly strict: boolean;
  readonly json: boolean;
}

/** Runs the command in `argv` (as `process.argv`). Sets the exit code: 0, or 1 with one sentence on the error stream. */
export async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv);
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return;
    process.exitCode = 1;
    // Commander has printed its own sentence.
    if (!(error instanceof CommanderError)) process.stderr.write(explain(error));
  }
}

function program(): Command {
  const command = new Command('ner-distill')
    .description('Distil transformer NER models that keep the critical entities, and score them.')
    .exitOverride();
  addEvaluate(command);
  return command;
}

function addEvaluate(program: Command): void {
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
      const { evaluate } = require('./evaluation/evaluate') as typeof import('./evaluation/evaluate');
      const { formatScores } = require('./evaluation/format') as typeof import('./evaluation/format');
      const { json, strict, ...files } = options;
      const scores = evaluate({
        ...files,
        critical: options.critical?.split(',').map(type => type.trim()),
        mode: strict ? 'strict' : 'lenient',
      });
      process.stdout.write(json ? `${JSON.stringify(scores, null, 2)}\n` : formatScores(scores));
    });
}

/** One sentence for a mistake of input; for anything else the message, and how to see more. */
function explain(error: unknown): string {
  const { message, stack } = error instanceof Error ? error : { message: String(error), stack: undefined };
  if (error instanceof InputError) return `error: ${message}\n`;
  if (process.env.DEBUG) return `error: ${stack ?? message}\n`;
  return `error: ${message}\n(unexpected; set DEBUG=1 to see where)\n`;
}
