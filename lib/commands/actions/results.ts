/** What actions over a folder of results share: opening its study, making runs in it, and stopping. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors';
import { openStudy, PLAN_FILE, type StudySession } from '../../experiment/paper';
import { type PlanChanges, readPlan, type StudyPlan } from '../../experiment/plan';
import { type Progress, silentProgress, stdoutProgress } from '../../experiment/progress';
import { RunStore } from '../../experiment/runs';
import type { StudyRun } from '../../experiment/study';
import { writeFileAtomically } from '../../files';
import { prettyJson } from '../../json';
import { noteLines, runNoteLines } from '../../report/note-lines';

/** The options over a plan, as commander gives them. */
export type PlanFlags = PlanChanges & { readonly preset?: string };

/** The study whose plan stands in the folder. */
export function studyIn(results: string): Promise<StudySession> {
  requirePart(results, PLAN_FILE);
  return openStudy({ plan: readPlan(join(results, PLAN_FILE)), out: results, progress: silentProgress });
}

/** The runs of the study in the folder. */
export function storeIn(results: string): RunStore {
  requirePart(results, 'runs');
  return new RunStore(results);
}

/** Throws an `InputError` that says what to do first, where the folder has no study. */
function requirePart(results: string, part: string): void {
  if (!existsSync(join(results, part)))
    throw new InputError(
      `${results}: there is no study in this folder (no ${part}); "npm run reproduce -- --out ${results}" makes one, --results names another folder`,
    );
}

/** Makes the runs that `work` asks for, says how they went, and keeps the plan beside them where there is none yet. */
export async function makeRuns(
  plan: StudyPlan,
  { out, json }: { readonly out: string; readonly json: boolean },
  work: (session: StudySession, seed: number) => Promise<StudyRun>,
): Promise<void> {
  const lines: Progress = { update() {}, line: text => void process.stdout.write(`${text}\n`) };
  const progress = json ? silentProgress : process.stdout.isTTY ? stdoutProgress() : lines;
  const session = await openStudy({ plan, out, progress, signal: stopSignal() });
  const planFile = join(out, PLAN_FILE);
  if (!existsSync(planFile)) writeFileAtomically(planFile, prettyJson(plan));
  for (const line of [...session.readAs, ...noteLines(session.notes)]) progress.line(line);
  const made: StudyRun[] = [];
  for (const seed of plan.seeds) made.push(await work(session, seed));
  if (json)
    process.stdout.write(
      prettyJson(
        made.map(({ latency: _, ...run }) => ({ ...run, model: session.store.pathOf(run.id, 'model') })),
      ),
    );
  else {
    for (const line of runNoteLines(made)) process.stdout.write(`${line}\n`);
    for (const { id } of made) process.stdout.write(`model: ${session.store.pathOf(id, 'model')}\n`);
  }
}

/** Aborted when the process is asked to stop; what was made stays, and the same command goes on. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const event of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.once(event, () => stop.abort(new InputError('stopped; the same command goes on from here')));
  return stop.signal;
}
