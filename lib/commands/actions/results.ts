/** What actions over a folder of results share: opening its study, making runs in it, and stopping. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../errors';
import { openStudy, PLAN_FILE, type StudySession } from '../../experiment/paper';
import {
  fileReadOnce,
  filesOfSentences,
  type PlanChanges,
  planWithModels,
  readPlan,
  type StudyPlan,
  trainedModels,
} from '../../experiment/plan';
import { type Progress, silentProgress, stdoutProgress } from '../../experiment/progress';
import { MODEL_FOLDER } from '../../experiment/run-files';
import { RunStore } from '../../experiment/runs';
import { DISTILLED, STORE_FOLDERS } from '../../experiment/store-files';
import type { StudyRun } from '../../experiment/study';
import { pathsIn, writeFileAtomically } from '../../files';
import { modelId } from '../../hub/id';
import { prettyJson } from '../../json';
import { checkOutputFolder, checkOutputs } from '../../output-checks';
import { findModel } from '../../prediction/find-model';
import { noteLines, runNoteLines } from '../../report/note-lines';
import { OUTPUT_FILES } from '../../report/output-files';
import { shown } from '../../shown';
import { stopSignal } from '../../stop-signal';
import { hubMessages } from '../hub-messages';
import { isQuiet, say } from '../said';
import { patienceOf, type Wait } from '../wait-option';

/** The options over a plan, as commander gives them. */
export type PlanFlags = PlanChanges & { readonly preset?: string };

/** The study whose plan stands in the folder. */
export function studyIn(results: string): Promise<StudySession> {
  requirePart(results, PLAN_FILE);
  // What is damaged and made again; standard output is for what was asked for.
  const progress: Progress = { update() {}, line: say };
  return openStudy({ plan: readPlan(join(results, PLAN_FILE)), out: results, progress });
}

/** The runs of the study in the folder. */
export function storeIn(results: string): RunStore {
  requirePart(results, 'runs');
  return new RunStore(results, say);
}

/** Throws an `InputError` that says what to do first, where the folder has no study. */
function requirePart(results: string, part: string): void {
  if (!existsSync(join(results, part)))
    throw new InputError(
      `${results}: there is no study in this folder (no ${part}); "npm run reproduce -- --out ${results}" makes one, --results names another folder`,
    );
}

/** What is read for a plan: corpus, tokenizer, checkpoints. */
export function inputsOf(plan: StudyPlan): string[] {
  const { tokenizer, givenTeacher } = plan;
  const starts = trainedModels(plan).flatMap(({ initial }) =>
    typeof initial === 'object' ? [initial.checkpoint] : [],
  );
  const given: string[] = Object.values(givenTeacher ?? {});
  return [
    ...filesOfSentences(plan),
    ...('file' in tokenizer ? [tokenizer.file] : []),
    ...starts,
    ...given,
  ].filter(path => path !== undefined);
}

/**
 * The plan of flags. A teacher may also be a run of the folder of results, by the beginning of its id.
 * @throws InputError as `planWithModels` and `findModel` do
 */
export function planOfFlags({ preset, ...changes }: PlanFlags, results: string): Promise<StudyPlan> {
  const { teacherModel: given } = changes;
  const isElsewhere = given === undefined || (modelId(given) && !existsSync(given));
  const teacherModel = isElsewhere ? given : findModel(given, results);
  return planWithModels(preset, { ...changes, teacherModel }, hubMessages());
}

/** What a study keeps in its folder to read it again; not what is made for people. */
export function filesOfStudy(results: string): string[] {
  const kept = ['runs', ...STORE_FOLDERS].filter(name => existsSync(join(results, name)));
  const within = kept.flatMap(name => pathsIn(join(results, name)).map(file => join(name, file)));
  return [PLAN_FILE, DISTILLED.path, ...within].map(file => join(results, file));
}

/**
 * Checks the folder of a study before anything is written.
 * @param planFile the file that the plan came from; that of the folder itself may be given again, and stays what it says
 * @throws InputError where it cannot be written, and where an input of the plan would be replaced
 */
export function checkStudyFolder(out: string, plan: StudyPlan, planFile: string | undefined): void {
  checkOutputFolder(out);
  const inputs = inputsOf(plan);
  checkOutputs({ '--out': join(out, PLAN_FILE) }, inputs);
  for (const name of [DISTILLED.path, ...OUTPUT_FILES])
    checkOutputs({ '--out': join(out, name) }, [...inputs, planFile]);
}

interface MakingOptions {
  readonly out: string;
  readonly json: boolean;
  readonly wait: Wait;
  /** Whether the plan that stands in the folder is meant where no option gives one. */
  readonly planOfFolder?: boolean;
  /** Beginning of the id of the run that is asked for: of one in the plan, or nothing is written. */
  readonly id?: string;
}

/** Makes the runs that `work` asks for, says how they went, and keeps the plan beside them where there is none yet. */
export async function makeRuns(
  changes: PlanFlags,
  { out, json, wait, planOfFolder = false, id }: MakingOptions,
  work: (session: StudySession) => Promise<StudyRun[]>,
): Promise<void> {
  const kept = join(out, PLAN_FILE);
  const isKept = planOfFolder && Object.keys(changes).length === 0 && existsSync(kept);
  const plan = isKept ? readPlan(kept) : await planOfFlags(changes, out);
  checkStudyFolder(out, plan, changes.plan);
  const lines: Progress = { update() {}, line: text => void process.stdout.write(`${shown(text)}\n`) };
  const progress = json || isQuiet() ? silentProgress : process.stdout.isTTY ? stdoutProgress() : lines;
  const session = await openStudy({ plan, out, progress, signal: stopSignal(), patience: patienceOf(wait) });
  if (id !== undefined) session.find(id);
  keepPlan(plan, out, progress);
  for (const line of [...session.readAs, ...noteLines(session.notes)]) progress.line(line);
  const made = await work(session);
  const modelOf = ({ id }: Pick<StudyRun, 'id'>) =>
    session.store.hasModel(id) ? session.store.pathOf(id, MODEL_FOLDER) : null;
  if (json)
    process.stdout.write(prettyJson(made.map(({ latency: _, ...run }) => ({ ...run, model: modelOf(run) }))));
  else {
    if (!isQuiet()) for (const line of runNoteLines(made)) process.stdout.write(`${line}\n`);
    for (const model of made.flatMap(run => modelOf(run) ?? []))
      process.stdout.write(`model: ${shown(model)}\n`);
  }
}

/** A run with each seed of the plan; a teacher that is given is one for all. */
export function ofEachSeed(
  make: (session: StudySession, seed: number) => Promise<StudyRun>,
): (session: StudySession) => Promise<StudyRun[]> {
  return async session => {
    const made = new Map<string, StudyRun>();
    for (const seed of session.plan.seeds) {
      const run = await make(session, seed);
      made.set(run.id, run);
    }
    return [...made.values()];
  };
}

/** Keeps a plan beside its runs, where there is none yet, for those who read the corpus again. */
export function keepPlan(plan: StudyPlan, out: string, progress: Progress): void {
  const file = join(out, PLAN_FILE);
  const once = fileReadOnce(plan);
  if (once !== undefined) progress.line(`${once} can be read once: no ${PLAN_FILE} is kept`);
  else if (!existsSync(file)) writeFileAtomically(file, prettyJson(plan));
}
