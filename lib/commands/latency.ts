/** `ner-distill latency`: what a model costs on this machine. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import type { BatchLength, ModelLatency, ModelMeasurement } from '../experiment/measure-model';
import type { TableRow } from '../report/tables';
import { decimal, list, wholeNumber, wholeNumbers } from './arguments';

interface LatencyFlags {
  readonly model: string;
  readonly results: string;
  readonly data?: string;
  readonly batchSize: readonly number[];
  readonly lengths: readonly BatchLength[];
  readonly warmup: number;
  readonly batches: number;
  readonly repeats: number;
  readonly minSeconds: number;
  readonly wattsPerCore: number;
  readonly engine: string;
  readonly threads?: number;
  readonly json: boolean;
}

export function addLatency(program: Command): void {
  program
    .command('latency')
    .description('measure the latency and energy of a model on this machine, in a process of its own')
    .requiredOption(
      '--model <model>',
      'folder of a model (results/runs/ID/model) or of a run, or the id of a run or its beginning',
    )
    .option('--results <folder>', 'of the study that has the run', 'results')
    .option(
      '--data <folder or file>',
      "sentences to measure with: a file, or the test part of a corpus folder (default: the run's own test part, else the sample's)",
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
    .option('--engine <name>', 'auto, onnx, tensorflow, wasm or cpu', 'auto')
    .option('--threads <n>', 'threads of the onnx engine (default: all cores)', wholeNumber)
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
    .action(async (flags: LatencyFlags) => {
      const { measureInProcess } =
        require('../experiment/measurement') as typeof import('../experiment/measurement');
      const { findModel } = require('../prediction/find-model') as typeof import('../prediction/find-model');
      const { describeMachine } = require('../resources/machine') as typeof import('../resources/machine');
      const { batchSize, lengths, warmup, batches, repeats, minSeconds } = flags;
      const model = findModel(flags.model, flags.results);
      const measurement = await measureInProcess({
        model,
        sentences: sentencesOf(flags.data ?? predictionsOf(model)),
        maxLength: null,
        engine: flags.engine,
        threads: flags.threads ?? null,
        wattsPerCore: flags.wattsPerCore,
        settings: batchSize.flatMap(size =>
          lengths.map(length => ({
            length,
            protocol: { warmup, batches, repeats, batchSize: size, minSeconds },
          })),
        ),
      });
      const machine = describeMachine(measurement.threads);
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ ...measurement, machine }, null, 2)}\n`
          : format(measurement, machine.cpu),
      );
    });
}

function lengths(text: string): BatchLength[] {
  return list(text).map(item => {
    if (item === 'real' || item === 'median') return item;
    if (!/^\d+$/.test(item)) throw new InvalidArgumentError('Expected real, median or a number of pieces.');
    return Number(item);
  });
}

/** The test part as the run of this model predicted it, where it is one of a run. */
function predictionsOf(model: string): string | undefined {
  const { existsSync } = require('node:fs') as typeof import('node:fs');
  const { resolve } = require('node:path') as typeof import('node:path');
  const { PREDICTIONS_FILE } = require('../experiment/runs') as typeof import('../experiment/runs');
  const file = resolve(model, '..', PREDICTIONS_FILE);
  return existsSync(file) ? file : undefined;
}

/** The words of the sentences to measure with. */
function sentencesOf(data: string | undefined): (readonly string[])[] {
  const { statSync } = require('node:fs') as typeof import('node:fs');
  const { readCorpusFile } = require('../corpus/formats') as typeof import('../corpus/formats');
  const { loadCorpus } = require('../corpus/sources') as typeof import('../corpus/sources');
  const { SAMPLE_FOLDER } = require('../experiment/paper') as typeof import('../experiment/paper');
  const source = data ?? SAMPLE_FOLDER;
  const sentences = statSync(source, { throwIfNoEntry: false })?.isFile()
    ? readCorpusFile(source).sentences
    : loadCorpus(source).corpus.test;
  return sentences.map(({ words }) => words);
}

function format(measurement: ModelMeasurement, cpu: string): string {
  const { tableText } = require('../report/table-view') as typeof import('../report/table-view');
  const { describeEnergy } = require('../resources/energy') as typeof import('../resources/energy');
  const { describeLoad } = require('../resources/load') as typeof import('../resources/load');
  const { model, parameters, engine, threads, readingSeconds, latencies } = measurement;
  const methods = [...new Set(latencies.map(({ energy }) => describeEnergy(energy)))];
  const loud = latencies.filter(({ load }) => !load.quiet);
  const disturbed = loud.map(
    latency => `batch ${latency.batchSize}, length ${latency.length}: ${describeLoad(latency.load)}`,
  );
  return [
    `${model}: ${parameters.toLocaleString('en-US')} parameters, read in ${readingSeconds.toFixed(2)} s`,
    `engine ${engine}, ${threads} thread${threads === 1 ? '' : 's'}, ${cpu}`,
    '',
    tableText(latencies.map(rowOf)),
    '',
    `energy: ${methods.join('; ')}`,
    ...(loud.length === 0 ? ['the machine was quiet'] : disturbed),
    '',
  ].join('\n');
}

function rowOf(latency: ModelLatency): TableRow {
  const ms = (seconds: number) => 1000 * seconds;
  return {
    batch: latency.batchSize,
    length: String(latency.length),
    mean_ms: ms(latency.meanSeconds),
    std_ms: ms(latency.stdSeconds),
    p50_ms: ms(latency.p50),
    p90_ms: ms(latency.p90),
    p95_ms: ms(latency.p95),
    p99_ms: ms(latency.p99),
    'sentences/s': Math.round(latency.sentencesPerSecond),
    energy_per_1000_joules: latency.joulesPer1000Sentences,
    M: latency.repeats,
    tokenize_ms: ms(latency.tokenizationSeconds),
    session_ms: ms(latency.sessionSeconds),
  };
}
