/** Writes a corpus file in another format or scheme, and says what was found. */
import { readFileSync } from 'node:fs';
import { sum } from 'd3-array';
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
import { STANDARD_STREAM, writeFileAtomically } from '../../files';
import { counted } from '../../listed';
import { checkOutputs } from '../../output-checks';
import { shown } from '../../shown';

interface ConvertOptions {
  readonly to: Format;
  readonly scheme: Scheme;
  readonly from?: Format;
  readonly fromScheme?: Scheme;
  readonly tagColumn?: number | string;
  readonly out: string;
}

export function convert(file: string, { to, scheme, out, ...asked }: ConvertOptions): void {
  checkOutputs({ '--out': out }, [file]);
  const reading = { format: asked.from, scheme: asked.fromScheme, tagColumn: asked.tagColumn };
  const corpus =
    file === STANDARD_STREAM
      ? readCorpus(readFileSync(0), 'standard input', reading)
      : readCorpusFile(file, reading);
  writeFileAtomically(out, formatCorpus(corpus.sentences, to, scheme));
  process.stderr.write(`${shown(`${file}: ${summary(corpus, scheme)}`)}\n`);
}

function summary(corpus: CorpusFile, scheme: Scheme): string {
  const { sentences } = corpus;
  const entities = sentences.flatMap(({ tags }) =>
    spansOf(tags).map((span, i, all) => ({ ...span, before: all[i - 1] })),
  );
  const touching = entities.filter(
    ({ before, start, type }) => before?.end === start && before.type === type,
  ).length;
  const lost =
    scheme === 'IO' && touching > 0
      ? `; ${touching} of them became one with the entity before, since IO cannot tell them apart`
      : '';
  const words = sum(sentences, ({ tags }) => tags.length);
  return `${describeFile(corpus)}; ${counted(sentences.length, 'sentence')}, ${counted(words, 'word')}, ${counted(entities.length, 'entity', 'entities')}${lost}`;
}
