/** The options by which commands take a plan: a preset, a file of settings over it, and flags, which win. */
import { type Command, Option } from 'commander';
import type { CriticalForm } from '../experiment/study';
import { decimal, list, numbers, oneOf, seeds, wholeNumber, wholeNumbers } from './arguments';
import { formatNamed, SCHEME_NAMES, schemeNamed, tagColumnOption } from './corpus-options';
import { lazily } from './lazily';

export function addPlanOptions(command: Command): Command {
  const forms = (text: string): CriticalForm[] =>
    list(text).map(form => oneOf(form, ['logits', 'weighted'] as const));
  return command
    .option(
      '--preset <name>',
      'smoke, sample, scratch or paper, told below (default: that of --plan, else sample)',
    )
    .option('--plan <file>', 'JSON with any settings of a plan, such as a plan.json; flags win over it')
    .option('--data <folder>', 'a corpus; how its parts are found is told below')
    .option('--train <file>', 'its training part, with --valid and --test, instead of a folder')
    .option('--valid <file>', 'its validation part')
    .option('--test <file>', 'its test part')
    .option('--format <name>', 'conll, conllu or jsonl (default: told from the file, see below)', formatNamed)
    .option(
      '--scheme <name>',
      `of the tags: ${SCHEME_NAMES} (default: told from them, see below)`,
      schemeNamed,
    )
    .addOption(tagColumnOption())
    .option('--split-seed <n>', 'draws the documents of parts that the corpus lacks', wholeNumber)
    .option('--tokenizer <file>', 'a tokenizer.json (default: a WordPiece vocabulary trained on the corpus)')
    .option('--vocabulary-size <pieces>', 'size of that vocabulary', wholeNumber)
    .option('--max-length <pieces>', 'longest sequence', wholeNumber)
    .option('--critical <types>', 'critical entity types, separated by commas', list)
    .option('--betas <values>', 'β of the constrained students, separated by commas', numbers)
    .addOption(
      new Option(
        '--forms <forms>',
        'forms of the critical loss: logits, weighted or logits,weighted',
      ).argParser(forms),
    )
    .option('--alpha <share>', 'α, weight of the labels against the teacher', decimal)
    .option('--temperature <T>', 'of the distillation', decimal)
    .option('--kappa <κ>', 'how much β weighs in the weighted form', decimal)
    .option(
      '--high-beta-learning-rate-factor <factor>',
      "the paper's advice for β of 0.5 and more: a lower learning rate, such as 0.5 times (default: 1, off)",
      decimal,
    )
    .option('--teacher-layers <n>', 'layers of the teacher', wholeNumber)
    .option('--teacher-width <n>', "the teacher's hidden size", wholeNumber)
    .option('--teacher-epochs <n>', 'epochs of fine-tuning', wholeNumber)
    .option('--teacher-checkpoint <folder>', 'config.json and model.safetensors that the teacher starts from')
    .option('--student-layers <list>', 'layers of the student; several give a student each', wholeNumbers)
    .option('--student-width <n>', "the students' hidden size", wholeNumber)
    .option('--student-epochs <n>', 'epochs of every student', wholeNumber)
    .option('--student-checkpoint <folder>', 'config.json and model.safetensors that the students start from')
    .addOption(
      new Option(
        '--student-initial <kind>',
        'random weights, or teacher-layers: evenly spaced layers of the trained teacher',
      ).choices(['random', 'teacher-layers']),
    )
    .option('--batch-size <n>', 'sentences a training step', wholeNumber)
    .option(
      '--accumulation <n>',
      'parts that a batch is computed in, one after another: less memory, the same gradient (default: 1)',
      wholeNumber,
    )
    .option('--learning-rate <rate>', 'the highest learning rate', decimal)
    .option('--max-norm <norm>', 'gradients are clipped to this global norm', decimal)
    .option(
      '--subword-dropout <rate>',
      'probability with which a match is passed over when a word is taken apart, so that it comes in other pieces each time; for small corpora, such as 0.1 (default: that of the preset, 0.25 in scratch and 0 in the others)',
      decimal,
    )
    .option('--seed <n>', 'drives initial weights, order and dropout', wholeNumber)
    .addOption(
      new Option(
        '--seeds <n or list>',
        'repeat every model with seeds 1 … n, or with those of a list such as 1,2,3',
      )
        .argParser(seeds)
        .conflicts('seed'),
    )
    .option('--engine <name>', 'auto, onnx, tensorflow, wasm or cpu (default: auto)')
    .option('--threads <n>', 'threads of the onnx engine (default: all cores)', wholeNumber)
    .addHelpText(
      'after',
      lazily(() => require('./help/plan').planHelp),
    );
}
