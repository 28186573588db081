/** `ner-distill reproduce`: the whole study by one command. */
import type { Command } from 'commander';
import { lazily } from './lazily';
import { addPlanOptions } from './plan-options';

export function addReproduce(program: Command): void {
  const command = program
    .command('reproduce')
    .description(
      "run the paper's study: train, distil, evaluate, execute the notebooks, write tables and figures",
    )
    .option('--out <folder>', 'where everything is written', 'results')
    .option('--dry-run', 'say what would be done and how long it would take, and stop', false);
  addPlanOptions(command).action(lazily(() => require('./actions/reproduce').reproduceStudy));
}
