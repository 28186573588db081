/** `ner-distill runs`: what stands in the store of runs, and clearing out of it what is of no more use. */
import { type Command, Option } from 'commander';
import { lazily } from './lazily';

export function declare(command: Command): void {
  const withResults = (command: Command) => command.option('--results <folder>', 'of the study', 'results');

  withResults(command.command('list'))
    .description('every run with its part in the study, its state and its scores on the test part')
    .option('--json', 'print JSON', false)
    .action(lazily(() => require('./actions/runs').listRuns));

  withResults(command.command('show'))
    .argument('<id>', 'id of the run, or its beginning')
    .description('everything that determines a run, and its scores')
    .option('--json', 'print JSON', false)
    .action(lazily(() => require('./actions/runs').showRun));

  withResults(command.command('check'))
    .argument('[id]', 'id of a run, or its beginning; default: all runs, and the files beside them')
    .description(
      'read every file and say which are not as they were written; exit code 1 where there are some',
    )
    .option('--json', 'print JSON', false)
    .action(lazily(() => require('./actions/runs').checkRuns));

  withResults(command.command('track'))
    .argument('<folder>', 'where the tool is to look: a folder is made in it for each run')
    .description(
      'write every step and every score of the finished runs for TensorBoard (event files) or MLflow (a file store, with the settings of each run); what was written so before is replaced',
    )
    .addOption(
      new Option('--to <tool>', 'what is to show them')
        .choices(['tensorboard', 'mlflow'])
        .default('tensorboard'),
    )
    .option('--experiment <name>', 'of MLflow, which the runs belong to', 'ner-distill')
    .addHelpText(
      'after',
      `
The folder may be a store that MLflow has made. MLflow 3.10 and newer make a database of it, which a server wants:
mlflow migrate-filestore --source FOLDER --target sqlite:///mlflow.db`,
    )
    .action(lazily(() => require('./actions/track').trackRuns));

  withResults(command.command('clean'))
    .description(
      'delete runs that are unfinished, damaged or made by older numerical source, and what only they needed; runs in work stay, and so do files that are not of this program',
    )
    .option('--yes', 'delete; without it, only say what would go', false)
    .action(lazily(() => require('./actions/runs').cleanRuns));
}
