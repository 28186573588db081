/** `ner-distill status`: how far a study is that several processes or machines work on. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .option('--results <folder>', 'of the study', 'results')
    .option('--json', 'print JSON', false)
    .action(lazily(() => require('./actions/status').showStatus));
}
