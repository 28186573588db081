/** Writes a corpus file in another format or scheme, and says what was found. */
import { readFileSync } from 'node:fs';
import {
  type CorpusFile,
  describeFile,
  type Format,
  formatCorpus,
  readCorpus,
  readCorpusFile,
} from '../../corpus/formats';
import type { Scheme } from '../../corpus/tags';
import { spansOf } from '../../evaluation/spans';
import { writeFileAtomically } from '../../files';

interface ConvertOptions {
  readonly to: Format;
  readonly scheme: Scheme;
  readonly from?: Format;
  readonly fromScheme?: Scheme;
  readonly tagColumn?: number | string;
  readonly out?: string;
}

export function convert(file: string, options: ConvertOptions): void {
  const fileOptions = {
    format: options.from,
    scheme: options.fromScheme,
    tagColumn: options.tagColumn,
  };
  const corpus =
    file === '-'
      ? readCorpus(readFileSync(0), 'standard input', fileOptions)
      : readCorpusFile(file, fileOptions);
  const text = formatCorpus(corpus.sentences, options.to, options.scheme);
  if (options.out === undefined) process.stdout.write(text);
  else writeFileAtomically(options.out, text);
  process.stderr.write(`${file}: ${summary(corpus, options.scheme)}\n`);
}

function summary(corpus: CorpusFile, scheme: Scheme): string {
  let words = 0;
  let entities = 0;
  let touching = 0;
  for (const { tags } of corpus.sentences) {
    words += tags.length;
    const spans = spansOf(tags);
    entities += spans.length;
    touching += spans.filter(
      (span, i) => spans[i - 1]?.end === span.start && spans[i - 1].type === span.type,
    ).length;
  }
  const lost =
    scheme === 'IO' && touching > 0
      ? `; ${touching} of them became one with the entity before, since IO cannot tell them apart`
      : '';
  return `${describeFile(corpus)}; ${count(corpus.sentences.length, 'sentence', 'sentences')}, ${count(words, 'word', 'words')}, ${count(entities, 'entity', 'entities')}${lost}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
