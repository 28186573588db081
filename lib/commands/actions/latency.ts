/** Measures a model in a process of its own and lays the rows out as a table. */
import { statSync } from 'node:fs';
import { readCorpusFile } from '../../corpus/formats';
import { loadCorpus } from '../../corpus/sources';
import type { BatchLength, ModelMeasurement } from '../../experiment/measure-model';
import { measureInProcess } from '../../experiment/measurement';
import { SAMPLE_FOLDER } from '../../experiment/paper';
import { predictionsOfModel } from '../../experiment/runs';
import { STANDARD_STREAM } from '../../files';
import { bringDataset, isDatasetName } from '../../hub/dataset';
import type { Precision } from '../../inference/precision';
import { prettyJson } from '../../json';
import { counted } from '../../listed';
import { bringModel } from '../../prediction/find-model';
import { latencyRow } from '../../report/latency-row';
import { tableText } from '../../report/table-view';
import { describeEnergy } from '../../resources/energy';
import type { LatencyProtocol } from '../../resources/latency';
import { describeLoad } from '../../resources/load';
import { describeMachine } from '../../resources/machine';
import { shown } from '../../shown';
import { hubMessages } from '../hub-messages';
import { sayNotes } from '../notes';

interface LatencyFlags extends Omit<LatencyProtocol, 'batchSize'> {
  readonly model: string;
  readonly results: string;
  readonly data?: string;
  readonly batchSize: readonly number[];
  readonly lengths: readonly BatchLength[];
  readonly wattsPerCore: number;
  readonly engine: string;
  readonly threads?: number;
  readonly precision: Precision;
  readonly json: boolean;
}

export async function latency(flags: LatencyFlags): Promise<void> {
  const { batchSize, lengths, warmup, batches, repeats, minSeconds } = flags;
  const model = await bringModel(flags.model, flags.results, hubMessages());
  const [measurement] = await measureInProcess({
    models: [{ model, engine: flags.engine, precision: flags.precision }],
    sentences: await sentencesOf(flags.data ?? predictionsOfModel(model)),
    maxLength: null,
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
    flags.json ? prettyJson({ ...measurement, machine }) : format(measurement, machine.cpu),
  );
}

/** The words of the sentences to measure with. */
async function sentencesOf(data: string | undefined): Promise<(readonly string[])[]> {
  const asked = data ?? SAMPLE_FOLDER;
  const isDataset = isDatasetName(asked);
  const source = isDataset ? await bringDataset(asked, hubMessages()) : asked;
  const isFolder =
    isDataset || (statSync(source, { throwIfNoEntry: false })?.isDirectory() ?? source !== STANDARD_STREAM);
  const { sentences, notes } = isFolder ? testPart(source) : readCorpusFile(source);
  sayNotes(notes.map(note => (isFolder ? note : `${source}: ${note}`)));
  return sentences.map(({ words }) => words);
}

function testPart(folder: string) {
  const { corpus, notes } = loadCorpus(folder);
  return { sentences: corpus.test, notes };
}

function format(measurement: ModelMeasurement, cpu: string): string {
  const { model, parameters, engine, threads, precision, readingSeconds, latencies } = measurement;
  const methods = [...new Set(latencies.map(({ energy }) => describeEnergy(energy)))];
  const loud = latencies.filter(({ load }) => !load.quiet);
  const disturbed = loud.map(
    latency => `batch ${latency.batchSize}, length ${latency.length}: ${describeLoad(latency.load)}`,
  );
  return [
    `${shown(model)}: ${parameters.toLocaleString('en-US')} parameters, read in ${readingSeconds.toFixed(2)} s`,
    `engine ${shown(engine)}, ${precision}, ${counted(threads, 'thread')}, ${shown(cpu)}`,
    '',
    tableText(latencies.map(latencyRow)),
    '',
    `energy: ${methods.join('; ')}`,
    ...(loud.length === 0 ? ['the machine was quiet'] : disturbed),
    '',
  ].join('\n');
}
