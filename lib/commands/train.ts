/** `ner-distill train`: one model by cross-entropy, without a teacher. */
import { type Command, Option } from 'commander';
import { addPlanOptions, type PlanFlags, planFromFlags } from './plan-options';
import { stopSignal } from './reproduce';
import { makeRuns } from './results';

interface TrainFlags extends PlanFlags {
  readonly out: string;
  readonly model?: 'teacher' | 'student';
  readonly student?: string;
  readonly json: boolean;
}

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('fine-tune one model of a plan: the teacher, or a student without a teacher')
    .addOption(
      new Option(
        '--model <which>',
        'teacher or student (default: teacher, or student where --student is given)',
      ).choices(['teacher', 'student']),
    )
    .option('--student <name>', 'which student of the plan (default: its first)')
    .option('--out <folder>', 'where the run is kept', 'results')
    .option('--json', 'print JSON: the run of each seed, with its scores and the folder of its model', false);
  addPlanOptions(command).action(({ out, model, student, json, ...flags }: TrainFlags) => {
    const { InputError } = require('../errors') as typeof import('../errors');
    if (model === 'teacher' && student !== undefined)
      throw new InputError(`--student "${student}" names no teacher: expected --model student, or neither`);
    const ofStudent = model === 'student' || student !== undefined;
    return makeRuns(planFromFlags(flags), { out, json, signal: stopSignal() }, (session, seed) =>
      ofStudent ? session.control({ seed, student }) : session.teacher({ seed }),
    );
  });
}
