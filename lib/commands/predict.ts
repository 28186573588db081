/** `ner-distill predict`: a trained model on text of your own. */
import type { Command } from 'commander';
import {
  describeInputRule,
  describeOutput,
  INPUT_FORMATS,
  type InputFormat,
  OUTPUT_FORMATS,
  outputFormatFor,
  registered,
} from '../corpus/formats';
import { listed } from '../listed';
import { CHUNK } from '../prediction/chunks';
import { engine, oneOf, positive, precisionOption } from './arguments';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .argument('[files...]', 'what to read, - for the standard input (default: the standard input)')
    .requiredOption(
      '--model <model>',
      'folder of a model (results/runs/ID/model) or of a run, the id of a run or its beginning, or a model of the Hugging Face Hub (organisation/name)',
    )
    .option('--results <folder>', 'of the study that has the run', 'results')
    .option(
      '--format <format>',
      `of the input: ${listed(INPUT_FORMATS, 'or')} (default: told from it, see below)`,
      oneOf(INPUT_FORMATS),
    )
    .option(
      '--to <format>',
      `of the output: ${listed(OUTPUT_FORMATS, 'or')} (default: conll where the first input is ${titles(IN_COLUMNS)}, else jsonl); ` +
        'in columns, a document mark stands before each further input',
      oneOf(OUTPUT_FORMATS),
    )
    .option('--scores', 'write the confidence of every word, too (see below)', false)
    .option('--out <file>', 'where to write, - for the standard output', '-')
    .option('--batch-size <n>', 'sentences a batch', positive, 32)
    .option(
      '--max-length <pieces>',
      'longest sequence (default: that of the training); a longer sentence is read in parts',
      positive,
    )
    .option('--engine <name>', 'auto, onnx, tensorflow, wasm or cpu', engine, 'auto')
    .addOption(precisionOption())
    .option('--threads <n>', 'threads of the onnx engine (default: all cores)', positive)
    .addHelpText('after', `\n${describeInputRule}\n\n${describeOutput}\n\n${CONFIDENCE}\n\n${STREAMS}`)
    .action(lazily(() => require('./actions/predict').predict));
}

/** Formats whose predictions are written in columns unless asked otherwise. */
const IN_COLUMNS = INPUT_FORMATS.filter(format => outputFormatFor(format) === 'conll');

const CONFIDENCE = `The confidence of a word is the probability that the model gives to the tag it has chosen there (softmax of its \
logits, not calibrated), of O too; 0 for a word that no sequence holds, which the model has not read. That of an entity is the lowest of \
its words'. Both have four digits behind the point.`;

// Without toLocaleString, which loads what it knows of languages: that takes a while.
const STREAMS = `Sentences are written in the order in which they are read, ${CHUNK.sentences} at a time, and memory does not grow \
with the length of the input, only with that of its longest sentence or line (an array of JSON that is all in one line is one). What \
--out names appears when it is whole; where the command is stopped, it stays as it was.`;

function titles(formats: readonly InputFormat[]): string {
  return listed(
    formats.map(format => registered(format).title),
    'or',
  );
}
