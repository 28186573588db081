/** `ner-distill convert`: a corpus file from one format and tag scheme to another. */
import type { Command } from 'commander';
import type { CorpusFile, Format } from '../corpus/formats';
import type { Scheme } from '../corpus/tags';
import { FORMAT_NAMES, formatNamed, SCHEME_NAMES, schemeNamed, tagColumnOption } from './corpus-options';

interface ConvertOptions {
  readonly to: Format;
  readonly scheme: Scheme;
  readonly from?: Format;
  readonly fromScheme?: Scheme;
  readonly tagColumn?: number | string;
  readonly out?: string;
}

export function addConvert(program: Command): void {
  program
    .command('convert')
    .description(
      'write a corpus file in another format or tag scheme; says on the error stream what it found',
    )
    .argument('<file>', 'the corpus file, or - for the standard input')
    .option('--to <format>', `format to write: ${FORMAT_NAMES}`, formatNamed, 'conll')
    .option('--scheme <scheme>', `tag scheme to write: ${SCHEME_NAMES}`, schemeNamed, 'IOB2')
    .option('--from <format>', 'format of the file (default: told from it, see below)', formatNamed)
    .option('--from-scheme <scheme>', 'scheme of the file (default: told from its tags)', schemeNamed)
    .addOption(tagColumnOption())
    .option('--out <file>', 'where to write (default: the standard output)')
    .addHelpText('after', () => {
      const { describeFormatRule } = require('../corpus/formats') as typeof import('../corpus/formats');
      const { describeSchemeRule } = require('../corpus/schemes') as typeof import('../corpus/schemes');
      return `\n${describeFormatRule}\n\n${describeSchemeRule}`;
    })
    .action((file: string, options: ConvertOptions) => {
      const { readFileSync } = require('node:fs') as typeof import('node:fs');
      const formats = require('../corpus/formats') as typeof import('../corpus/formats');
      const { writeFileAtomically } = require('../files') as typeof import('../files');
      const fileOptions = {
        format: options.from,
        scheme: options.fromScheme,
        tagColumn: options.tagColumn,
      };
      const corpus =
        file === '-'
          ? formats.readCorpus(readFileSync(0), 'standard input', fileOptions)
          : formats.readCorpusFile(file, fileOptions);
      const text = formats.formatCorpus(corpus.sentences, options.to, options.scheme);
      if (options.out === undefined) process.stdout.write(text);
      else writeFileAtomically(options.out, text);
      process.stderr.write(`${file}: ${summary(corpus, options.scheme)}\n`);
    });
}

function summary(corpus: CorpusFile, scheme: Scheme): string {
  const { describeFile } = require('../corpus/formats') as typeof import('../corpus/formats');
  const { spansOf } = require('../evaluation/spans') as typeof import('../evaluation/spans');
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
