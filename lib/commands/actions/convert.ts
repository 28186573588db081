/** Writes a corpus file in another format or scheme, and says what was found. */
import { sum } from 'd3-array';
import {
  type CorpusFile,
  describeFile,
  type Format,
  formatCorpus,
  type ReadFormat,
  readCorpusFile,
  registered,
} from '../../corpus/formats';
import type { Scheme } from '../../corpus/tags';
import { InputError } from '../../errors';
import { spansOf } from '../../evaluation/spans';
import { writeFileAtomically } from '../../files';
import { counted } from '../../listed';
import { checkOutputs } from '../../output-checks';
import { shown } from '../../shown';
import { sayNotes } from '../notes';
import { say } from '../said';

interface ConvertOptions {
  readonly to: Format;
  readonly scheme: Scheme;
  readonly from?: ReadFormat;
  readonly fromScheme?: Scheme;
  readonly tagColumn?: number | string;
  readonly labels?: readonly string[];
  readonly out: string;
}

export function convert(file: string, { to, scheme, out, ...asked }: ConvertOptions): void {
  checkOutputs({ '--out': out }, [file]);
  const { from, fromScheme, tagColumn, labels } = asked;
  const corpus = readCorpusFile(file, { format: from, scheme: fromScheme, tagColumn, labels });
  if (corpus.unwritable !== undefined && !registered(to).anyWord) throw new InputError(corpus.unwritable);
  writeFileAtomically(out, formatCorpus(corpus.sentences, to, scheme));
  say(shown(`${file}: ${summary(corpus, scheme)}`));
  sayNotes(corpus.notes.map(note => `${file}: ${note}`));
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
