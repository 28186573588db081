/** What commands ask about a corpus file: its format, the scheme of its tags, and the column where they stand. */
import { Option } from 'commander';
import { FORMATS, type Format } from '../corpus/formats';
import { SCHEMES, type Scheme } from '../corpus/tags';
import { listed } from '../listed';
import { oneOf } from './arguments';

/** The names of formats, for help texts. */
export const FORMAT_NAMES = listed(FORMATS, 'or');

/** The schemes with the other names that they go by, for help texts. */
export const SCHEME_NAMES = 'IO, IOB1, IOB2 (or BIO), IOE1, IOE2, IOBES (or BIOES) or BILOU';

const ALIASES: Readonly<Record<string, Scheme>> = { BIO: 'IOB2', BIOES: 'IOBES' };

/** In capitals or not. */
export function schemeNamed(text: string): Scheme {
  const name = text.toUpperCase();
  return ALIASES[name] ?? oneOf(name, SCHEMES);
}

export function formatNamed(text: string): Format {
  return oneOf(text, FORMATS);
}

export function tagColumnOption(): Option {
  return new Option(
    '--tag-column <column>',
    'column of the tags: a number from 1, a name in CoNLL-U, a field of JSON (default: see below)',
  ).argParser((text: string) => (/^\d+$/.test(text) ? Number(text) : text));
}
