/** `ner-distill reproduce`: the whole study by one command. */
import { type Command, Option } from 'commander';
import { InputError } from '../errors';
import type { PlanChanges } from '../experiment/plan';
import { decimal, list, numbers, oneOf, wholeNumber } from './arguments';

interface ReproduceFlags extends PlanChanges {
  readonly preset: string;
  readonly out: string;
  readonly dryRun: boolean;
}

export function addReproduce(program: Command): void {
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
      const { describeSplittingRule } = require('../corpus/sources') as typeof import('../corpus/sources');
      return `\n${describeSplittingRule}\n\nA study that was stopped goes on where it was when the same command is given again.`;
    })
    .action(async ({ preset, out, dryRun, ...changes }: ReproduceFlags) => {
      const { planOf } = require('../experiment/plan') as typeof import('../experiment/plan');
      const { withoutRewrites } =
        require('../experiment/progress') as typeof import('../experiment/progress');
      const { reproduce } = require('../notebook/reproduce') as typeof import('../notebook/reproduce');
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
