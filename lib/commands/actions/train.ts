/** Fine-tunes the teacher of a plan, or a student without a teacher, with each seed. */
import { InputError } from '../../errors';
import { planWithModels } from '../../experiment/plan';
import { hubMessages } from '../hub-messages';
import { makeRuns, type PlanFlags } from './results';

interface TrainFlags extends PlanFlags {
  readonly out: string;
  readonly model?: 'teacher' | 'student';
  readonly student?: string;
  readonly json: boolean;
}

export async function train({ out, model, student, json, preset, ...changes }: TrainFlags): Promise<void> {
  if (model === 'teacher' && student !== undefined)
    throw new InputError(`--student "${student}" names no teacher: expected --model student, or neither`);
  const ofStudent = model === 'student' || student !== undefined;
  const plan = await planWithModels(preset, changes, hubMessages());
  await makeRuns(plan, { out, json }, (session, seed) =>
    ofStudent ? session.control({ seed, student }) : session.teacher({ seed }),
  );
}
