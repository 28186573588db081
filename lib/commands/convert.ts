/** `ner-distill convert`: a corpus file from one format and tag scheme to another. */
import type { Command } from 'commander';
import { FORMATS } from '../corpus/formats';
import { SCHEME_NAMES } from '../corpus/tags';
import { SETTINGS } from '../experiment/settings';
import { listed } from '../listed';
import { lazily } from './lazily';
import { formatNamed, schemeNamed } from './named';
import { optionOf } from './plan-options';

export function addConvert(program: Command): void {
  program
    .command('convert')
    .description(
      'write a corpus file in another format or tag scheme; says on the error stream what it found',
    )
    .argument('<file>', 'the corpus file, or - for the standard input')
    .option('--to <format>', `format to write: ${listed(FORMATS, 'or')}`, formatNamed, 'conll')
    .option('--scheme <scheme>', `tag scheme to write: ${SCHEME_NAMES}`, schemeNamed, 'IOB2')
    .option('--from <format>', 'format of the file (default: told from it, see below)', formatNamed)
    .option('--from-scheme <scheme>', 'scheme of the file (default: told from its tags)', schemeNamed)
    .addOption(optionOf(SETTINGS.tagColumn))
    .option('--out <file>', 'where to write (default: the standard output)')
    .addHelpText(
      'after',
      lazily(() => require('./help/convert').convertHelp),
    )
    .action(lazily(() => require('./actions/convert').convert));
}
