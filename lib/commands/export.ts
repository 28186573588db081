/** `ner-distill export`: a model as Hugging Face's libraries and ONNX runtimes take it. */
import { type Command, Option } from 'commander';
import { PRECISIONS } from '../inference/precision';
import { NUMBER_TYPES } from '../model/number-types';
import { oneOf } from './arguments';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .requiredOption(
      '--run <model>',
      'id of a run or its beginning, folder of a run or of a model, or a model of the Hugging Face Hub (organisation/name)',
    )
    .requiredOption('--out <folder>', 'a new or empty folder, or one that an export has written')
    .option('--results <folder>', 'of the study that has the run', 'results')
    .option(
      '--dtype <type>',
      `weights in model.safetensors: ${NUMBER_TYPES.join(', ')}`,
      oneOf(NUMBER_TYPES),
      'float32',
    )
    .option('--no-scores', 'do not score the 8-bit graph on the test part of the run for the card')
    .addOption(
      new Option(
        '--page [precision]',
        'also a page, index.html, that tags text in a browser with the graph in int8 (default) or fp32',
      )
        .choices(PRECISIONS)
        .preset('int8'),
    )
    .option('--json', 'print JSON: what was exported, with the size and SHA-256 of each file', false)
    .addHelpText(
      'after',
      `
The folder holds config.json, model.safetensors, the tokenizer's files, a model card (README.md) with what the run knows of
its scores and origin, onnx/model.onnx (32-bit floats) and onnx/model_quantized.onnx (8-bit weights; a third to a quarter of
the size, its tags now and then differ). Both graphs take batches of any size and length, up to the model's positions. A tag is read
at the first piece of each word. Weights in 16 bits lose digits: what is predicted with them differs a little.
The page runs on any server of files, also in a folder of it: it needs index.html, page/, tokenizer.json and its graph, and
sends nothing anywhere. It finds what "predict --model ID --precision int8" (or fp32) finds in plain text, a sentence a line.
What stands in the folder already is replaced only if an export wrote it and nobody has changed it since.`,
    )
    .action(lazily(() => require('./actions/export').exportRun));
}
