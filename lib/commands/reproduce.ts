/** `ner-distill reproduce`: the whole study by one command. */
import { type Command, Option } from 'commander';
import { positive } from './arguments';
import { lazily } from './lazily';
import { addPlanOptions } from './plan-options';
import { addWaitOption } from './wait-option';

export function declare(command: Command): void {
  command
    .option('--out <folder>', 'where everything is written', 'results')
    .addOption(
      new Option(
        '--jobs <n>',
        'train so many runs at a time, in processes of their own (default: by cores and memory); the results are the same',
      )
        .argParser(positive)
        .conflicts(['listRuns', 'slurm']),
    )
    .option('--dry-run', 'say what would be done and how long it would take, and stop', false)
    .addOption(
      new Option('--nodes <n>', 'with --dry-run: how long it would take on so many nodes')
        .argParser(positive)
        .implies({ dryRun: true }),
    )
    .option('--cores <n>', "with --nodes: cores of a node (default: this machine's)", positive)
    .addOption(
      new Option('--list-runs', 'list the runs of the plan, those first that others need, and stop')
        .default(false)
        .conflicts('dryRun'),
    )
    .option('--json', 'with --list-runs: print JSON', false)
    .addOption(
      new Option('--slurm <folder>', 'write job files for Slurm into a folder, and stop').conflicts([
        'dryRun',
        'listRuns',
      ]),
    )
    .option('--submit', 'with --slurm: submit them, and print the numbers of the jobs', false)
    .option('--partition <name>', 'with --slurm')
    .option('--account <name>', 'with --slurm')
    .option('--time <limit>', 'with --slurm: of a job, as 2:00:00 (default: twice the estimate)')
    .option('--memory <size>', 'with --slurm: of a job, as 8G (default: a quarter more than the estimate)');
  addPlanOptions(addWaitOption(command)).action(lazily(() => require('./actions/reproduce').reproduceStudy));
}
