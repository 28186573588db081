/** The formats of corpora behind one reader and one writer: CoNLL columns, CoNLL-U, JSON lines. */
import { extname } from 'node:path';
import { InputError } from '../errors';
import { formatConll, type ReadSentences, readConllColumns, type TaggedWords } from './conll';
import { formatConllu, readConllu } from './conllu';
import { formatJsonLines, readJsonLines } from './json-lines';
import type { Scheme } from './tags';
import { checkUtf8, readUtf8File } from './text';

/** `conll`: CoNLL columns; `conllu`: CoNLL-U and CoNLL-U Plus; `jsonl`: JSON lines with `tokens` and `tags`. */
export const FORMATS = ['conll', 'conllu', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** For people. */
export const NAMES_OF_FORMATS: Readonly<Record<Format, string>> = {
  conll: 'CoNLL columns',
  conllu: 'CoNLL-U',
  jsonl: 'JSON lines',
};

/** How a file is read; plain data, which can stand in a plan. What is not given is told from the file. */
export interface FileOptions {
  readonly format?: Format;
  readonly scheme?: Scheme;
  /** Of the tags: a number counted from 1 (CoNLL, CoNLL-U), or a name (CoNLL-U: a column or a key in MISC; JSON: a field). */
  readonly tagColumn?: number | string;
}

/** The sentences of a file, with BIO tags, and what was told from it. */
export interface CorpusFile extends ReadSentences {
  readonly format: Format;
}

/** How the format of a file is told, for the help of commands. */
export const describeFormatRule = `A file is read as CoNLL-U where its name ends in .conllu or .conllup, or where the words of its first \
two sentences are numbered 1, 2, 3 … in three or more columns separated by tabs (only there a line that begins with # is a \
comment); as JSON lines where it ends in .jsonl, .ndjson or .json, or its first line is an object in braces; else as CoNLL \
columns. The tags are in the last column of CoNLL columns; in the column of CoNLL-U that "# global.columns" calls NER, TAG or \
TAGS, else in the third where there are fewer than ten, else in the one that is named (such as MISC, or NER for NER=B-PER in \
MISC); and in the field "tags" of JSON, beside "tokens".`;

/**
 * Reads a corpus file of any format.
 * @throws InputError where it cannot be read, is not UTF-8, or has a line that does not fit its format.
 */
export function readCorpusFile(path: string, options: FileOptions = {}): CorpusFile {
  return readCorpus(readUtf8File(path), path, options);
}

/** `readCorpusFile` of bytes that come from elsewhere; `file` is named in errors, and its ending tells the format. */
export function readCorpus(bytes: Buffer, file: string, options: FileOptions = {}): CorpusFile {
  checkUtf8(bytes, file);
  const format = options.format ?? formatOf(bytes, file);
  return { format, ...READERS[format](bytes, file, options) };
}

const READERS: Readonly<
  Record<Format, (bytes: Buffer, file: string, options: FileOptions) => ReadSentences>
> = {
  conll(bytes, file, { scheme, tagColumn }) {
    if (typeof tagColumn === 'string')
      throw new InputError(
        `${file}: CoNLL columns have no names, found the column "${tagColumn}", expected a number`,
      );
    return readConllColumns(bytes, { file, scheme, tagColumn });
  },
  conllu(bytes, file, { scheme, tagColumn }) {
    return readConllu(bytes.toString(), { file, scheme, tagColumn });
  },
  jsonl(bytes, file, { scheme, tagColumn }) {
    if (typeof tagColumn === 'number')
      throw new InputError(`${file}: JSON lines have fields, found the column ${tagColumn}, expected a name`);
    return readJsonLines(bytes.toString(), { file, scheme, tagColumn });
  },
};

/** Sentences in a format and a scheme. */
export function formatCorpus(
  sentences: readonly TaggedWords[],
  format: Format,
  scheme: Scheme = 'IOB2',
): string {
  if (format === 'conllu') return formatConllu(sentences, scheme);
  return format === 'jsonl' ? formatJsonLines(sentences, scheme) : formatConll(sentences, undefined, scheme);
}

/** What was told from a file, in words: "CoNLL-U, tags in IOB2". */
export function describeFile({ format, scheme }: Pick<CorpusFile, 'format' | 'scheme'>): string {
  const tags = scheme === null ? 'no entities' : `tags in ${scheme}`;
  return format === 'conll' ? tags : `${NAMES_OF_FORMATS[format]}, ${tags}`;
}

/** Enough of a file for its first sentences. */
const PROBE_BYTES = 1 << 16;

/** The format of a file by `describeFormatRule`. */
export function formatOf(bytes: Buffer, file: string): Format {
  const ending = extname(file).toLowerCase();
  if (ending === '.conllu' || ending === '.conllup') return 'conllu';
  if (ending === '.jsonl' || ending === '.ndjson' || ending === '.json') return 'jsonl';
  const head = bytes
    .subarray(0, PROBE_BYTES)
    .toString()
    .replace(/^\ufeff/, '')
    .split(/\r?\n/);
  const first = head.find(line => line.trim() !== '') ?? '';
  if (/^\s*\{.*\}\s*$/.test(first)) return 'jsonl';
  return isNumbered(head) ? 'conllu' : 'conll';
}

/** Sentences that are looked at: a first word may well be the number 1. */
const PROBE_SENTENCES = 2;

function isNumbered(lines: readonly string[]): boolean {
  let sentences = 0;
  let expected = 1;
  for (const line of lines) {
    if (line.trim() === '') {
      if (expected > 1 && ++sentences === PROBE_SENTENCES) return true;
      expected = 1;
    } else if (!line.startsWith('#') && !/^\d+[-.]\d+\t/.test(line)) {
      const cells = line.split('\t');
      if (cells.length < 3 || cells[0] !== String(expected)) return false;
      expected++;
    }
  }
  return sentences > 0 || expected > 1;
}
