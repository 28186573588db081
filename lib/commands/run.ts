/** `ner-distill run`: one run of a plan, as a scheduler or a loop over `reproduce --list-runs` asks for it. */
import type { Command } from 'commander';
import { lazily } from './lazily';
import { addPlanOptions } from './plan-options';
import { addWaitOption } from './wait-option';

export function declare(command: Command): void {
  command
    .argument('<id>', 'id of the run, or its beginning')
    .option(
      '--out <folder>',
      'where the run is kept; its plan.json is the plan, unless options give another',
      'results',
    )
    .option('--json', 'print JSON: the run, with its scores and the folder of its model', false)
    .addHelpText(
      'after',
      `
Exit codes: 0, the run is there; 75, the same may do later (another process makes it and --no-wait was given, it was told to
stop, the disk is full), and goes on after the last epoch that was finished; 1, it never will.`,
    );
  addPlanOptions(addWaitOption(command)).action(lazily(() => require('./actions/run').makeOne));
}
