/** `ner-distill jupyter`: opens the notebooks in Jupyter, with the TypeScript kernel set up. */
import type { Command } from 'commander';
import { lazily } from './lazily';

export function declare(command: Command): void {
  command
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
