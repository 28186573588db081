/** Tags files or the standard input chunk by chunk. */
import { createReadStream } from 'node:fs';
import {
  checkWords,
  type InputFormat,
  type OutputFormat,
  outputFormatFor,
  registered,
} from '../../corpus/formats';
import type { InputSentence } from '../../corpus/formats/format';
import { InputError } from '../../errors';
import { STANDARD_STREAM } from '../../files';
import { checkOutputs } from '../../output-checks';
import { bringModel, modelFiles } from '../../prediction/find-model';
import { openOutput } from '../../prediction/output';
import { openInput } from '../../prediction/streams';
import { Tagger, type TaggerOptions } from '../../prediction/tagger';
import { hubMessages } from '../hub-messages';
import { sayNotes } from '../notes';

interface PredictOptions extends TaggerOptions {
  readonly model: string;
  readonly results: string;
  readonly format?: InputFormat;
  readonly to?: OutputFormat;
  readonly out: string;
  readonly batchSize: number;
}

/** Batches that are read before they are tagged: sentences of similar length then stand together. */
const BATCHES_A_CHUNK = 16;

export async function predict(files: string[], options: PredictOptions): Promise<void> {
  const inputs = files.length > 0 ? files : [STANDARD_STREAM];
  const model = await bringModel(options.model, options.results, hubMessages());
  checkOutputs({ '--out': options.out }, [...inputs, ...modelFiles(model)]);
  const tagger = await Tagger.open(model, options);
  const output = await openOutput(options.out);
  const progress = counter();
  const said: string[] = [];
  let to = options.to;
  try {
    for (const [index, file] of inputs.entries()) {
      const name = file === STANDARD_STREAM ? 'standard input' : file;
      const { format, sentences, notes } = await openInput(open(file), name, options.format);
      to ??= outputFormatFor(format);
      const writer = registered(to);
      const marked = index > 0 ? beginningDocument(sentences) : sentences;
      for await (const chunk of chunks(marked, BATCHES_A_CHUNK * options.batchSize)) {
        for (const sentence of chunk) checkWords(sentence, to, `${name}:${sentence.line}`);
        const tagged = await tagger.tag(chunk.map(({ words }) => words));
        await output.write(chunk.map((sentence, i) => writer.writePrediction(sentence, tagged[i])).join(''));
        progress.add(chunk.length);
      }
      said.push(...notes.map(note => `${name}: ${note}`));
    }
    await output.close();
  } catch (error) {
    await output.discard();
    throw error;
  } finally {
    progress.end();
    sayNotes(said);
    await tagger.dispose();
  }
}

async function* open(file: string): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of file === STANDARD_STREAM ? process.stdin : createReadStream(file))
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
