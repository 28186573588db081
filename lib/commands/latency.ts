/** `ner-distill latency`: what a model costs on this machine. */
import { type Command, InvalidArgumentError } from 'commander';
import type { BatchLength } from '../experiment/measure-model';
import { decimal, engine, list, positive, precisionOption, wholeNumber, wholeNumbers } from './arguments';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .requiredOption(
      '--model <model>',
      'folder of a model (results/runs/ID/model) or of a run, the id of a run or its beginning, or a model of the Hugging Face Hub (organisation/name)',
    )
    .option('--results <folder>', 'of the study that has the run', 'results')
    .option(
      '--data <corpus>',
      "sentences to measure with: a file, or the test part of a folder or of a data set of the Hugging Face Hub such as hf:eriktks/conll2003 (default: the run's own test part, else the sample's)",
    )
    .option('--batch-size <sizes>', 'sentences a batch, separated by commas', wholeNumbers, [1, 16])
    .option(
      '--lengths <lengths>',
      'separated by commas: real (the sentences in their order), median (one batch of median length) or a number of pieces',
      lengths,
      ['real', 32, 128],
    )
    .option('--warmup <n>', 'batches that are run first and not timed', wholeNumber, 2)
    .option('--batches <n>', 'N, timed batches a repeat', wholeNumber, 5)
    .option('--repeats <n>', 'M, repeats, between whose means the deviation is taken', wholeNumber, 10)
    .option('--min-seconds <s>', 'repeats are added until the timed batches took so long', decimal, 1)
    .option(
      '--watts-per-core <w>',
      'power of a busy core, for an estimate where energy cannot be measured',
      decimal,
      10,
    )
    .option('--engine <name>', 'auto, onnx, tensorflow, wasm or cpu', engine, 'auto')
    .addOption(precisionOption())
    .option('--threads <n>', 'threads of the onnx engine (default: all cores)', positive)
    .option('--json', 'print JSON, in seconds and joules, with a description of the machine', false)
    .addHelpText(
      'after',
      `
A row of the table is one batch size and length: the mean over M repeats of the mean time of N batches, ± the standard
deviation of the M means; quantiles (R-7) of all times. A batch is padded, run and its logits read; tokenisation and the
making of sessions have columns of their own. Batches of real lengths differ, and so do their times.
Energy is measured where /sys/class/powercap can be read (as root, or after "chmod a+r" of its energy_uj files), with
idle power subtracted; else it is estimated from processor time, which the table says.`,
    )
    .action(lazily(() => require('./actions/latency').latency));
}

function lengths(text: string): BatchLength[] {
  return list(text).map(item => {
    if (item === 'real' || item === 'median') return item;
    if (!/^\d+$/.test(item)) throw new InvalidArgumentError('Expected real, median or a number of pieces.');
    return Number(item);
  });
}
