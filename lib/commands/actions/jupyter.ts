/** Starts Jupyter with the kernel set up and the plan of a study to look at. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { PLAN_FILE, PLAN_VARIABLE } from '../../experiment/paper';
import { readPlan } from '../../experiment/plan';
import * as jupyter from '../../notebook/jupyter';
import { NOTEBOOKS } from '../../notebook/reproduce';
import { shown } from '../../shown';

interface JupyterOptions {
  readonly lab: boolean;
  readonly register: boolean;
  readonly plan?: string;
}

export async function openNotebooks(
  passed: string[],
  { lab, register, plan }: JupyterOptions,
): Promise<void> {
  if (register) {
    const file = jupyter.installKernel(jupyter.jupyterDataFolder());
    process.stdout.write(
      `The kernel tslab stands in ${shown(file)}. In ${shown(jupyter.PROJECT_FOLDER)}: jupyter lab notebooks\n`,
    );
    return;
  }
  const study = studyToShow(plan ?? process.env[PLAN_VARIABLE]);
  const { command, args } = jupyter.requireJupyter(lab);
  jupyter.installKernel();
  const environment = jupyter.jupyterEnvironment();
  if (study.file !== undefined) environment[PLAN_VARIABLE] = resolve(study.file);
  const notebooks = join(jupyter.PROJECT_FOLDER, 'notebooks');
  process.stdout.write(
    `${shown(study.sentence)}\nOpening ${shown(notebooks)}: ${NOTEBOOKS.map(name => `${name}.ipynb`).join(', ')}\n`,
  );
  const server = spawn(command, [...args, notebooks, ...passed], {
    cwd: jupyter.PROJECT_FOLDER,
    env: environment,
    stdio: 'inherit',
  });
  // Jupyter asks back at the first Ctrl+C; it gets the signal from the terminal, as we do.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => server.kill('SIGTERM'));
  const [code] = (await once(server, 'exit')) as [number | null];
  process.exitCode = code ?? 1;
}

/** The plan that the notebooks follow, and what is said of it; an `InputError` where it cannot be read. */
function studyToShow(asked: string | undefined): { readonly file?: string; readonly sentence: string } {
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
