/** `ner-distill status`: how far a study is that several processes or machines work on. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function addStatus(program: Command): void {
  program
    .command('status')
    .description(
      'every run of a study: done, running and where, begun, failed with the last line of its log (logs/ID.log), or to do',
    )
    .option('--results <folder>', 'of the study', 'results')
    .option('--json', 'print JSON', false)
    .action(lazily(() => require('./actions/status').showStatus));
}
