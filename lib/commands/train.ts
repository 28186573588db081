/** `ner-distill train`: one model by cross-entropy, without a teacher. */
import { type Command, Option } from 'commander';
import { addPlanOptions, type PlanFlags, planFromFlags } from './plan-options';
import { stopSignal } from './reproduce';
import { makeRuns } from './results';

interface TrainFlags extends PlanFlags {
  readonly out: string;
  readonly model: 'teacher' | 'student';
  readonly student?: string;
  readonly json: boolean;
}

export function addTrain(program: Command): void {
  const command = program
    .command('train')
    .description('fine-tune one model of a plan: the teacher, or a student without a teacher')
    .addOption(
      new Option('--model <which>', 'teacher or student').choices(['teacher', 'student']).default('teacher'),
    )
    .option('--student <name>', 'which student of the plan (default: its first)')
    .option('--out <folder>', 'where the run is kept', 'results')
    .option('--json', 'print JSON: the run of each seed, with its scores and the folder of its model', false);
  addPlanOptions(command).action(({ out, model, student, json, ...flags }: TrainFlags) =>
    makeRuns(planFromFlags(flags), { out, json, signal: stopSignal() }, (session, seed) =>
      model === 'teacher' ? session.teacher({ seed }) : session.control({ seed, student }),
    ),
  );
}
