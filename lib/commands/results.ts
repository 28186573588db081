/** What commands over a folder of results share: opening its study, and showing scores. */
import type { StudySession } from '../experiment/paper';
import type { StudyPlan } from '../experiment/plan';
import type { Progress } from '../experiment/progress';
import type { RunStore } from '../experiment/runs';
import type { StudyRun } from '../experiment/study';

/** The study whose plan stands in the folder. */
export function studyIn(results: string): Promise<StudySession> {
  const { join } = require('node:path') as typeof import('node:path');
  const { openStudy, PLAN_FILE } = require('../experiment/paper') as typeof import('../experiment/paper');
  const { readPlan } = require('../experiment/plan') as typeof import('../experiment/plan');
  const { silentProgress } = require('../experiment/progress') as typeof import('../experiment/progress');
  requirePart(results, PLAN_FILE);
  return openStudy({ plan: readPlan(join(results, PLAN_FILE)), out: results, progress: silentProgress });
}

/** The runs of the study in the folder. */
export function storeIn(results: string): RunStore {
  const { RunStore: Store } = require('../experiment/runs') as typeof import('../experiment/runs');
  requirePart(results, 'runs');
  return new Store(results);
}

/** Throws an `InputError` that says what to do first, where the folder has no study. */
function requirePart(results: string, part: string): void {
  const { existsSync } = require('node:fs') as typeof import('node:fs');
  const { join } = require('node:path') as typeof import('node:path');
  const { InputError } = require('../errors') as typeof import('../errors');
  if (!existsSync(join(results, part)))
    throw new InputError(
      `${results}: there is no study in this folder (no ${part}); "npm run reproduce -- --out ${results}" makes one, --results names another folder`,
    );
}

/** Makes the runs that `work` asks for, says how they went, and keeps the plan beside them where there is none yet. */
export async function makeRuns(
  plan: StudyPlan,
  { out, json, signal }: { out: string; json: boolean; signal: AbortSignal },
  work: (session: StudySession, seed: number) => Promise<StudyRun>,
): Promise<void> {
  const { existsSync } = require('node:fs') as typeof import('node:fs');
  const { join } = require('node:path') as typeof import('node:path');
  const { openStudy, PLAN_FILE } = require('../experiment/paper') as typeof import('../experiment/paper');
  const { silentProgress, stdoutProgress } =
    require('../experiment/progress') as typeof import('../experiment/progress');
  const { prettyJson } = require('../experiment/runs') as typeof import('../experiment/runs');
  const { writeFileAtomically } = require('../files') as typeof import('../files');
  const lines: Progress = { update() {}, line: text => void process.stdout.write(`${text}\n`) };
  const progress = json ? silentProgress : process.stdout.isTTY ? stdoutProgress() : lines;
  const session = await openStudy({ plan, out, progress, signal });
  const planFile = join(out, PLAN_FILE);
  if (!existsSync(planFile)) writeFileAtomically(planFile, prettyJson(plan));
  const made: StudyRun[] = [];
  for (const seed of plan.seeds) made.push(await work(session, seed));
  if (json)
    process.stdout.write(
      prettyJson(
        made.map(({ latency: _, ...run }) => ({ ...run, model: session.store.pathOf(run.id, 'model') })),
      ),
    );
  else for (const { id } of made) process.stdout.write(`model: ${session.store.pathOf(id, 'model')}\n`);
}
