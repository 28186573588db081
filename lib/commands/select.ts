/** `ner-distill select`: the model of a study to take, among those that keep what must be kept. */
import { type Command, Option } from 'commander';
import { addBoundOptions } from './bound-options';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
    .option('--results <folder>', 'of the study', 'results')
    .addOption(
      new Option('--prefer <what>', 'smallest (parameters), fastest (latency here) or best (F1_critical)')
        .choices(['smallest', 'fastest', 'best'])
        .default('smallest'),
    );
  addBoundOptions(command)
    .addOption(
      new Option(
        '--by <what>',
        'hold the score itself or the worse end of its 95 % interval against the bounds',
      )
        .choices(['value', 'interval'])
        .default('value'),
    )
    .addOption(
      new Option('--split <part>', 'what the scores are taken on; choose on validation, then gate on test')
        .choices(['validation', 'test'])
        .default('validation'),
    )
    .option(
      '--figure <file>',
      'draw the Pareto fronts there, as SVG; - for the standard output, in the place of the text',
    )
    .option('--json', 'print JSON: the model chosen, all models, and the Pareto fronts', false)
    .action(lazily(() => require('./actions/select').select));
}
