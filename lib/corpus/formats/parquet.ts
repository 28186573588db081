/**
 * Parquet, in which data sets of the Hugging Face Hub are kept: a sentence a row, with its tokens and its tags in columns of the
 * names that JSON lines have as fields. Numbers have their names in the file itself, where the library `datasets` wrote it.
 */
import { InputError } from '../../errors';
import { listed } from '../../listed';
import { describeColumns, isParquet, ParquetFile } from '../parquet';
import { namesInJson } from '../tag-names';
import type { BinaryFormat } from './format';
import { fieldsOfTokens, readSentences } from './json-sentences';
import type { JsonValue } from './json-values';

/** The note in which `datasets` describes the columns. */
const FEATURES = 'huggingface';

export const parquet: BinaryFormat<'parquet'> = {
  name: 'parquet',
  title: 'Parquet',
  endings: ['.parquet'],

  looksLike: isParquet,

  /** `tagColumn` is the column with the tags. */
  read(bytes, { file, tagColumn, tagColumns = 1, tagNames }) {
    if (typeof tagColumn === 'number')
      throw new InputError(
        `${file}: columns of Parquet have names, found the column ${tagColumn}, expected a name`,
      );
    if (tagColumns === 2)
      throw new InputError(
        `${file}: found a Parquet file, expected gold and predicted tags in files of their own, the gold tags with --gold`,
      );
    const table = new ParquetFile(bytes, file);
    const [tokens, , , ...tags] = fieldsOfTokens(tagColumn);
    const quoted = (names: readonly string[]) => names.map(name => `"${name}"`);
    if (!table.canRead(tokens) || !tags.some(name => table.canRead(name)))
      throw new InputError(
        `${file}: found ${describeColumns(table)}; expected "${tokens}" with lists of texts, and ${listed(quoted(tags), 'or')} with lists of tags or their numbers${tagColumn === undefined ? ' (--tag-column names another)' : ''}`,
      );
    const features = table.note(FEATURES);
    const namesOf = (field: string) => {
      const names = features === undefined ? undefined : namesInJson(features, field);
      return tagNames?.(field, names && { names, source: `its note "${FEATURES}"` });
    };
    return readSentences(
      valuesOf(table, fieldsOfTokens(tagColumn)),
      { file, tagColumn, tagNames: namesOf },
      'rows with tokens and tags',
    );
  },

  help: {
    looks: 'it begins with PAR1',
    tags: 'in the columns of these names of Parquet',
  },
};

/** Rows as JSON would have them; a row counts as a line. */
function* valuesOf(table: ParquetFile, names: readonly string[]): Generator<JsonValue> {
  let line = 0;
  for (const value of table.rows(names)) yield { value, line: ++line };
}
