/** `ner-distill convert`: a corpus file from one format and tag scheme to another. */
import type { Command } from 'commander';
import { describeFormatRule, FORMATS, READ_FORMATS } from '../corpus/formats';
import { describeSchemeRule } from '../corpus/schemes';
import { SCHEME_NAMES } from '../corpus/tags';
import { SETTINGS } from '../experiment/settings';
import { listed } from '../listed';
import { oneOf, scheme } from './arguments';
import { lazily } from './lazily';
import { optionOf } from './plan-options';

export function declare(command: Command): void {
  command
    .argument('<file>', 'the corpus file, or - for the standard input')
    .option('--to <format>', `format to write: ${listed(FORMATS, 'or')}`, oneOf(FORMATS), 'conll')
    .option('--scheme <scheme>', `tag scheme to write: ${SCHEME_NAMES}`, scheme, 'IOB2')
    .option('--from <format>', 'format of the file (default: told from it, see below)', oneOf(READ_FORMATS))
    .option('--from-scheme <scheme>', 'scheme of the file (default: told from its tags)', scheme)
    .addOption(optionOf(SETTINGS.tagColumn))
    .addOption(optionOf(SETTINGS.labels))
    .option('--out <file>', 'where to write, - for the standard output', '-')
    .addHelpText('after', `\n${describeFormatRule}\n\n${describeSchemeRule}`)
    .action(lazily(() => require('./actions/convert').convert));
}
