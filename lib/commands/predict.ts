/** `ner-distill predict`: a trained model on text of your own. */
import type { Command } from 'commander';
import {
  describeInputRule,
  describeOutput,
  INPUT_FORMATS,
  type InputFormat,
  OUTPUT_FORMATS,
  type OutputFormat,
  outputFormatFor,
  registered,
} from '../corpus/formats';
import type { InputSentence } from '../corpus/formats/format';
import { listed } from '../listed';
import { oneOf, wholeNumber } from './arguments';

interface PredictOptions {
  readonly model: string;
  readonly results: string;
  readonly format?: InputFormat;
  readonly to?: OutputFormat;
  readonly out?: string;
  readonly batchSize: number;
  readonly maxLength?: number;
  readonly engine: string;
  readonly threads?: number;
}

export function addPredict(program: Command): void {
  program
    .command('predict')
    .description(`find the entities in text: ${titles(INPUT_FORMATS)}`)
    .argument('[files...]', 'what to read, - for the standard input (default: the standard input)')
    .requiredOption(
      '--model <model>',
      'folder of a model (results/runs/ID/model) or of a run, or the id of a run or its beginning',
    )
    .option('--results <folder>', 'of the study that has the run', 'results')
    .option(
      '--format <format>',
      `of the input: ${listed(INPUT_FORMATS, 'or')} (default: told from it, see below)`,
      text => oneOf(text, INPUT_FORMATS),
    )
    .option(
      '--to <format>',
      `of the output: ${listed(OUTPUT_FORMATS, 'or')} (default: conll where the first input is ${titles(IN_COLUMNS)}, else jsonl); ` +
        'in conll, a document mark stands before each further input',
      text => oneOf(text, OUTPUT_FORMATS),
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
    .addHelpText('after', `\n${describeInputRule}\n\n${describeOutput}`)
    .action(predict);
}

/** Formats whose predictions are written in columns unless asked otherwise. */
const IN_COLUMNS = INPUT_FORMATS.filter(format => outputFormatFor(format) === 'conll');

function titles(formats: readonly InputFormat[]): string {
  return listed(
    formats.map(format => registered(format).title),
    'or',
  );
}

function atLeastOne(text: string): number {
  const { InvalidArgumentError } = require('commander') as typeof import('commander');
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('Expected a whole number, 1 or more.');
  return value;
}

/** Batches that are read before they are tagged: sentences of similar length then stand together. */
const BATCHES_A_CHUNK = 16;

async function predict(files: string[], options: PredictOptions): Promise<void> {
  const { openInput } = require('../prediction/streams') as typeof import('../prediction/streams');
  const { findModel } = require('../prediction/find-model') as typeof import('../prediction/find-model');
  const { Tagger } = require('../prediction/tagger') as typeof import('../prediction/tagger');
  const { openOutput } = require('../prediction/output') as typeof import('../prediction/output');
  const tagger = await Tagger.open(findModel(options.model, options.results), options);
  const output = await openOutput(options.out);
  const progress = counter();
  let to = options.to;
  try {
    for (const [index, file] of (files.length > 0 ? files : ['-']).entries()) {
      const { format, sentences } = await openInput(
        open(file),
        file === '-' ? 'standard input' : file,
        options.format,
      );
      to ??= outputFormatFor(format);
      const writer = registered(to);
      const marked = index > 0 ? beginningDocument(sentences) : sentences;
      for await (const chunk of chunks(marked, BATCHES_A_CHUNK * options.batchSize)) {
        const tagged = await tagger.tag(chunk.map(({ words }) => words));
        await output.write(chunk.map((sentence, i) => writer.writePrediction(sentence, tagged[i])).join(''));
        progress.add(chunk.length);
      }
    }
    await output.close();
  } catch (error) {
    await output.discard();
    throw error;
  } finally {
    progress.end();
    await tagger.dispose();
  }
}

async function* open(file: string): AsyncGenerator<Uint8Array> {
  const { createReadStream } = require('node:fs') as typeof import('node:fs');
  const { InputError } = require('../errors') as typeof import('../errors');
  try {
    for await (const bytes of file === '-' ? process.stdin : createReadStream(file))
      yield bytes as Uint8Array;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new InputError(`${file}: there is no such file`);
    if (code === 'EISDIR') throw new InputError(`${file}: found a folder, expected a file`);
    throw new InputError(`${file}: the file cannot be read (${message})`);
  }
}

/** With the first sentence that has words as the first of a document. */
async function* beginningDocument(sentences: AsyncIterable<InputSentence>): AsyncGenerator<InputSentence> {
  let begins = true;
  for await (const sentence of sentences) {
    yield begins ? { ...sentence, beginsDocument: true } : sentence;
    begins &&= sentence.words.length === 0;
  }
}

async function* chunks<T>(items: AsyncIterable<T>, size: number): AsyncGenerator<T[]> {
  let chunk: T[] = [];
  for await (const item of items) {
    chunk.push(item);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** Counts sentences on the error stream, where a person looks at it. */
function counter(): { add(count: number): void; end(): void } {
  if (!process.stderr.isTTY) return { add() {}, end() {} };
  const started = performance.now();
  let done = 0;
  return {
    add(count) {
      done += count;
      const rate = done / ((performance.now() - started) / 1000);
      process.stderr.write(`\r${done.toLocaleString('en-US')} sentences, ${rate.toFixed(0)} a second `);
    },
    end() {
      if (done > 0) process.stderr.write('\n');
    },
  };
}
