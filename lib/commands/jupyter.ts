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
    .option(
      '--plan <file>',
      'the plan.json of the study to look at (default: results/plan.json where there is one, else the preset sample)',
    )
    .action(async (passed: string[], { lab, plan }: JupyterOptions) => {
      const { spawn } = require('node:child_process') as typeof import('node:child_process');
      const { once } = require('node:events') as typeof import('node:events');
      const { join, resolve } = require('node:path') as typeof import('node:path');
      const jupyter = require('../notebook/jupyter') as typeof import('../notebook/jupyter');
      const { PLAN_VARIABLE } = require('../experiment/paper') as typeof import('../experiment/paper');
      const study = studyToShow(plan ?? process.env[PLAN_VARIABLE]);
      const { command, args } = jupyter.requireJupyter(lab);
      jupyter.installKernel();
      const environment = jupyter.jupyterEnvironment();
      if (study.file !== undefined) environment[PLAN_VARIABLE] = resolve(study.file);
      process.stdout.write(`${study.sentence}\n`);
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

/** The plan that the notebooks follow, and what is said of it; an `InputError` where it cannot be read. */
function studyToShow(asked: string | undefined): { readonly file?: string; readonly sentence: string } {
  const { existsSync } = require('node:fs') as typeof import('node:fs');
  const { join } = require('node:path') as typeof import('node:path');
  const { PLAN_FILE } = require('../experiment/paper') as typeof import('../experiment/paper');
  const { readPlan } = require('../experiment/plan') as typeof import('../experiment/plan');
  const file = asked ?? join('results', PLAN_FILE);
  if (asked === undefined && !existsSync(file))
    return {
      sentence:
        'There is no study in results yet: the notebooks make that of the preset sample, cell by cell.',
    };
  const { preset, seeds } = readPlan(file);
  const sentence = `The notebooks show the study of ${file} (preset ${preset}, seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}).`;
  return { file, sentence };
}
