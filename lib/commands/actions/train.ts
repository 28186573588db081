/** Fine-tunes the teacher of a plan, or a student without a teacher, with each seed. */
import { InputError } from '../../errors';
import type { Wait } from '../wait-option';
import { makeRuns, ofEachSeed, type PlanFlags } from './results';

interface TrainFlags extends PlanFlags {
  readonly out: string;
  readonly model?: 'teacher' | 'student';
  readonly student?: string;
  readonly json: boolean;
  readonly wait: Wait;
}

export function train({ out, model, student, json, wait, ...changes }: TrainFlags): Promise<void> {
  if (model === 'teacher' && student !== undefined)
    throw new InputError(`--student "${student}" names no teacher: expected --model student, or neither`);
  const ofStudent = model === 'student' || student !== undefined;
  return makeRuns(
    changes,
    { out, json, wait },
    ofEachSeed((session, seed) =>
      ofStudent ? session.control({ seed, student }) : session.teacher({ seed }),
    ),
  );
}
