/** `ner-distill predict`: a trained model on text of your own. */
import { type Command, InvalidArgumentError } from 'commander';
import { wholeNumber } from './arguments';
import { lazily } from './lazily';
import { inputFormatNamed, outputFormatNamed } from './named';

export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('find the entities in text: CoNLL columns, CoNLL-U, JSON lines or plain text')
    .argument('[files...]', 'what to read, - for the standard input (default: the standard input)')
    .requiredOption(
      '--model <model>',
      'folder of a model (results/runs/ID/model) or of a run, or the id of a run or its beginning',
    )
    .option('--results <folder>', 'of the study that has the run', 'results')
    .option(
      '--format <format>',
      'of the input: conll, conllu, jsonl or text (default: told from it, see below)',
      inputFormatNamed,
    )
    .option(
      '--to <format>',
      'of the output: conll or jsonl (default: conll where the first input is CoNLL columns or CoNLL-U, else jsonl); ' +
        'in conll, a document mark stands before each further input',
      outputFormatNamed,
    )
    .option('--out <file>', 'where to write (default: the standard output)')
    .option('--batch-size <n>', 'sentences a batch', atLeastOne, 32)
    .option(
      '--max-length <pieces>',
      'longest sequence (default: that of the training); a longer sentence is read in parts',
      atLeastOne,
    )
    .option('--engine <name>', 'auto, onnx, tensorflow, wasm or cpu', 'auto')
    .option('--threads <n>', 'threads of the onnx engine (default: all cores)', atLeastOne)
    .addHelpText(
      'after',
      lazily(() => require('./help/predict').predictHelp),
    )
    .action(lazily(() => require('./actions/predict').predict));
}

function atLeastOne(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return value;
}
