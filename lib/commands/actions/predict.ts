/** Tags files or the standard input as they are read. */
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import {
  checkWords,
  type InputFormat,
  type OutputFormat,
  outputFormatFor,
  registered,
} from '../../corpus/formats';
import type { InputSentence, PredictionFormat } from '../../corpus/formats/format';
import { openInput } from '../../corpus/streams';
import { InputError } from '../../errors';
import { STANDARD_STREAM } from '../../files';
import { checkOutputs } from '../../output-checks';
import { CHUNK, tagged } from '../../prediction/chunks';
import { bringModel, modelFiles } from '../../prediction/find-model';
import { openOutput } from '../../prediction/output';
import { Tagger, type TaggerOptions } from '../../prediction/tagger';
import { discardWhenStopped } from '../../stop-signal';
import { hubMessages } from '../hub-messages';
import { sayNotes } from '../notes';
import { workProgress } from '../prediction-progress';

interface PredictOptions extends TaggerOptions {
  readonly model: string;
  readonly results: string;
  readonly format?: InputFormat;
  readonly to?: OutputFormat;
  readonly scores?: boolean;
  readonly out: string;
  readonly batchSize: number;
}

export async function predict(files: string[], options: PredictOptions): Promise<void> {
  const inputs = files.length > 0 ? files : [STANDARD_STREAM];
  const { scores } = options;
  const model = await bringModel(options.model, options.results, hubMessages());
  checkOutputs({ '--out': options.out }, [...inputs, ...modelFiles(model)]);
  const tagger = await Tagger.open(model, options);
  const output = await openOutput(options.out);
  const progress = workProgress(inputs);
  const listening = discardWhenStopped(() => {
    progress.end();
    void output.discard();
  });
  const limits = { ...CHUNK, sentences: Math.max(CHUNK.sentences, options.batchSize) };
  const said: string[] = [...tagger.notes];
  let stream: Readable | undefined;
  let writer: (PredictionFormat & { readonly name: OutputFormat }) | undefined;
  try {
    for (const [index, file] of inputs.entries()) {
      const name = file === STANDARD_STREAM ? 'standard input' : file;
      stream = file === STANDARD_STREAM ? process.stdin : createReadStream(file);
      const bytes = bytesOf(stream, file, progress.read);
      const { format, sentences, notes } = await openInput(bytes, name, options.format);
      if (writer === undefined) {
        writer = registered(options.to ?? outputFormatFor(format));
        await output.write(writer.predictionsBegin?.({ scores }) ?? '');
      }
      const { name: to } = writer;
      const marked = index > 0 ? beginningDocument(sentences) : sentences;
      const check = (sentence: InputSentence) => checkWords(sentence, to, `${name}:${sentence.line}`);
      for await (const { sentences, taggings } of tagged(marked, tagger, limits, check)) {
        const text = sentences.map((each, i) => writer!.writePrediction(each, taggings[i], { scores }));
        await output.write(text.join(''));
        progress.tagged(sentences.length);
      }
      said.push(...notes.map(note => `${name}: ${note}`));
    }
    await output.close();
  } catch (error) {
    await output.discard();
    throw error;
  } finally {
    // What is read ahead from a pipe may not come for long.
    stream?.destroy();
    listening.end();
    progress.end();
    sayNotes(said);
    await tagger.dispose();
  }
}

async function* bytesOf(
  stream: AsyncIterable<Uint8Array>,
  file: string,
  onBytes: (count: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of stream) {
      onBytes(bytes.length);
      yield bytes;
    }
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
