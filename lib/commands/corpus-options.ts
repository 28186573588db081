/** What commands ask about a corpus file: its format, the scheme of its tags, and the column where they stand. */
import { Option } from 'commander';
import { lazily } from './lazily';

/** The schemes with the other names that they go by, for help texts. */
export const SCHEME_NAMES = 'IO, IOB1, IOB2 (or BIO), IOE1, IOE2, IOBES (or BIOES) or BILOU';

export const schemeNamed = lazily(() => require('./named').schemeNamed);
export const formatNamed = lazily(() => require('./named').formatNamed);

export function tagColumnOption(): Option {
  return new Option(
    '--tag-column <column>',
    'column of the tags: a number from 1, a name in CoNLL-U, a field of JSON (default: see below)',
  ).argParser((text: string) => (/^\d+$/.test(text) ? Number(text) : text));
}
