/** `ner-distill jupyter`: opens the notebooks in Jupyter, with the TypeScript kernel set up. */
import type { Command } from 'commander';

interface JupyterOptions {
  readonly lab: boolean;
  readonly plan?: string;
}

export function addJupyter(program: Command): void {
  program
    .command('jupyter')
    .description('open the notebooks in Jupyter; the TypeScript kernel is set up in .jupyter/ of the project')
    .argument('[options...]', "options of Jupyter's own, after --, such as -- --no-browser --port 8890")
    .option('--lab', 'JupyterLab rather than the plain notebook', false)
    .option('--plan <file>', 'the plan.json of the study to look at (default: the preset sample in results/)')
    .action(async (passed: string[], { lab, plan }: JupyterOptions) => {
      const { spawn } = require('node:child_process') as typeof import('node:child_process');
      const { once } = require('node:events') as typeof import('node:events');
      const { join, resolve } = require('node:path') as typeof import('node:path');
      const jupyter = require('../notebook/jupyter') as typeof import('../notebook/jupyter');
      const { command, args } = jupyter.requireJupyter(lab);
      jupyter.installKernel();
      const environment = jupyter.jupyterEnvironment();
      if (plan !== undefined) environment.NER_DISTILL_PLAN = resolve(plan);
      const server = spawn(command, [...args, join(jupyter.PROJECT_FOLDER, 'notebooks'), ...passed], {
        cwd: jupyter.PROJECT_FOLDER,
        env: environment,
        stdio: 'inherit',
      });
      // Jupyter asks back at the first Ctrl+C; it gets the signal from the terminal, as we do.
      process.on('SIGINT', () => {});
      process.on('SIGTERM', () => server.kill('SIGTERM'));
      const [code] = (await once(server, 'exit')) as [number | null];
      process.exitCode = code ?? 1;
    });
}
