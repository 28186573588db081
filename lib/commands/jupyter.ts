/** `ner-distill jupyter`: opens the notebooks in Jupyter, with the TypeScript kernel set up. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function addJupyter(program: Command): void {
  program
    .command('jupyter')
    .description('open the notebooks in Jupyter; the TypeScript kernel is set up in .jupyter/ of the project')
    .argument('[options...]', "options of Jupyter's own, after --, such as -- --no-browser --port 8890")
    .option('--lab', 'JupyterLab rather than the plain notebook', false)
    .option(
      '--register',
      'open nothing, but tell every Jupyter of yours, VS Code and papermill of the kernel tslab',
      false,
    )
    .option(
      '--plan <file>',
      'the plan.json of the study to look at (default: results/plan.json where there is one, else the preset sample)',
    )
    .action(lazily(() => require('./actions/jupyter').openNotebooks));
}
