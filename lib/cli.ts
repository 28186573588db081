/**
 * The command line: parses arguments and calls the library. What a command needs is loaded when it runs, so that `--help`
 * answers at once.
 */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { InputError } from './errors';
import type { PlanChanges } from './experiment/plan';

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
  addReproduce(command);
  addEvaluate(command);
  return command;
}

interface ReproduceFlags extends PlanChanges {
  readonly preset: string;
  readonly out: string;
  readonly dryRun: boolean;
}

function addReproduce(program: Command): void {
  program
    .command('reproduce')
    .description(
      "run the paper's study: train, distil, evaluate, execute the notebooks, write tables and figures",
    )
    .option('--preset <name>', 'smoke (a minute), sample (the embedded corpus) or scratch (--data)', 'sample')
    .option('--out <folder>', 'where everything is written', 'results')
    .option('--dry-run', 'say what would be done and how long it would take, and stop', false)
    .option('--data <folder>', 'a corpus in CoNLL columns; how its parts are found is told below')
    .option('--tokenizer <file>', 'a tokenizer.json (default: a WordPiece vocabulary trained on the corpus)')
    .option('--vocabulary-size <pieces>', 'size of that vocabulary', wholeNumber)
    .option('--critical <types>', 'critical entity types, separated by commas', list)
    .option('--betas <values>', 'β of the constrained students, separated by commas', numbers)
    .addOption(
      new Option(
        '--forms <forms>',
        'forms of the critical loss: logits, weighted or logits,weighted',
      ).argParser(text => list(text).map(form => oneOf(form, ['logits', 'weighted'] as const))),
    )
    .option('--teacher-layers <n>', 'layers of the teacher', wholeNumber)
    .option('--teacher-width <n>', "the teacher's hidden size", wholeNumber)
    .option('--teacher-epochs <n>', 'epochs of fine-tuning', wholeNumber)
    .option('--student-layers <n>', 'layers of the students', wholeNumber)
    .option('--student-width <n>', "the students' hidden size", wholeNumber)
    .option('--student-epochs <n>', 'epochs of every student', wholeNumber)
    .option('--batch-size <n>', 'sentences a training step', wholeNumber)
    .option('--learning-rate <rate>', 'the highest learning rate', decimal)
    .option('--seed <n>', 'drives initial weights, order and dropout', wholeNumber)
    .option('--engine <name>', 'auto, onnx, tensorflow, wasm or cpu (default: auto)')
    .option('--threads <n>', 'threads of the onnx engine (default: all cores)', wholeNumber)
    .addHelpText('after', () => {
      const { describeSplittingRule } = require('./corpus/sources') as typeof import('./corpus/sources');
      return `\n${describeSplittingRule}\n\nA study that was stopped goes on where it was when the same command is given again.`;
    })
    .action(async ({ preset, out, dryRun, ...changes }: ReproduceFlags) => {
      const { planOf } = require('./experiment/plan') as typeof import('./experiment/plan');
      const { withoutRewrites } = require('./experiment/progress') as typeof import('./experiment/progress');
      const { reproduce } = require('./notebook/reproduce') as typeof import('./notebook/reproduce');
      const plan = planOf(preset, absolutePaths(changes));
      const write = (text: string) => void process.stdout.write(text);
      const stop = new AbortController();
      for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
        process.once(event, () => stop.abort(new InputError('stopped; the same command goes on from here')));
      await reproduce({
        plan,
        out,
        dryRun,
        signal: stop.signal,
        print: process.stdout.isTTY ? write : withoutRewrites(write),
      });
    });
}

/** A plan is read in other folders too, by the notebooks' kernels. */
function absolutePaths({ data, tokenizer, ...changes }: PlanChanges): PlanChanges {
  const { resolve } = require('node:path') as typeof import('node:path');
  return { ...changes, data: data && resolve(data), tokenizer: tokenizer && resolve(tokenizer) };
}

function list(text: string): string[] {
  return text.split(',').map(item => item.trim());
}

function decimal(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number.');
  return value;
}

function wholeNumber(text: string): number {
  const value = decimal(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('Expected a whole number, 0 or more.');
  return value;
}

function numbers(text: string): number[] {
  return list(text).map(decimal);
}

function oneOf<T extends string>(text: string, allowed: readonly T[]): T {
  if (!(allowed as readonly string[]).includes(text))
    throw new InvalidArgumentError(`Expected one of ${allowed.join(', ')}.`);
  return text as T;
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
