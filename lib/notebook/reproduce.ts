/** The whole study: executes the notebooks in order, which make the runs, and writes what they leave as files. */
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { InputError, TryAgainError } from '../errors';
import { estimateRuns, type RunEstimate } from '../experiment/estimate';
import { openStudy, PLAN_FILE, PLAN_VARIABLE, type StudySession, WAIT_VARIABLE } from '../experiment/paper';
import { fileReadOnce, type ModelPlan, type StudyPlan } from '../experiment/plan';
import { formatDuration, type Progress, progressOfSeveral } from '../experiment/progress';
import { LOCK_FILE } from '../experiment/run-files';
import { type JobsOptions, makeAtOnce, named, roomFor, runsToMake } from '../experiment/run-jobs';
import { type Room, scheduleOf } from '../experiment/schedule';
import { STARTS } from '../experiment/settings';
import type { Study, StudyRun } from '../experiment/study';
import { threadsOf } from '../experiment/threads';
import { writeFileAtomically } from '../files';
import { prettyJson } from '../json';
import { counted } from '../listed';
import { withLock } from '../lock';
import { checkOutputFolder, checkOutputs } from '../output-checks';
import { sentenceOnBeta } from '../report/beta-sentence';
import { forTerminal } from '../report/columns';
import { noteLines } from '../report/note-lines';
import { VERSIONS_FILE } from '../report/output-files';
import { type Evidence, writeOutputs } from '../report/outputs';
import { quantizeCompared } from '../report/study-quantized';
import { tableText } from '../report/table-view';
import { table1, table2 } from '../report/tables';
import { describeMachine, formatVersions } from '../resources/machine';
import { sourceVersion } from '../resources/source-version';
import { shown } from '../shown';
import { PROJECT_FOLDER } from './jupyter';
import { describeFailure, type RunNotebookOptions, runNotebook } from './runner';

export const NOTEBOOKS = [
  '01-data-and-labels',
  '02-teacher-and-students',
  '03-resources',
  '04-critical-knowledge',
  '05-error-analysis',
] as const;

export interface ReproduceOptions {
  readonly plan: StudyPlan;
  /** Folder of all outputs; made if it is missing. */
  readonly out: string;
  /** Only say what would be done. */
  readonly dryRun: boolean;
  /** Say, too, how long it would take on so many nodes. */
  readonly nodes?: number;
  /** Of a node; default: as here. */
  readonly cores?: number;
  /** For how long to wait where another process works on the study or makes one of its runs, in milliseconds; default: as long as it takes. */
  readonly patience?: number;
  /** How many runs to train at once, each in a process of its own; default: as cores and memory allow. */
  readonly jobs?: number;
  /** Of the terminal that text goes to; default: it goes to none. */
  readonly columns?: number;
  /** Gets text for a terminal. */
  readonly print: (text: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Runs the study and returns the files written.
 * @throws InputError for a plan, corpus or output folder that does not work, before anything is written; and for a
 * notebook that fails, with the cell and its message.
 */
export async function reproduce(options: ReproduceOptions): Promise<string[]> {
  const { plan, out, dryRun, print, signal, patience = Number.POSITIVE_INFINITY } = options;
  checkCorpusFiles(plan);
  const session = await openStudy({ plan, out, progress: linesOnly(print), signal, patience });
  checkOutputFolder(out);
  checkNotebooksFolder(out);
  session.measurements.check();
  const room = roomFor(session, options.jobs);
  print(`${describeRoom(session, room)}\n${describe(session)}`);
  const estimates = await estimateRuns(session, signal);
  print(describeEstimate(session, estimates));
  if (dryRun) print(describeJobs(estimates, room));
  if (options.nodes !== undefined) print(describeSchedule(estimates, options.nodes, options.cores));
  if (dryRun) return [];

  const onWait = (sentence: string) => print(`${shown(sentence)}\n`);
  const open = () => openStudy({ plan, out, progress: linesOnly(print), signal, patience });
  const work = () =>
    withoutDiverged(session, open, async (study, isFirst) => {
      if (!isFirst) print(`\n${noteLines(study.notes).join('\n')}\n`);
      const left = runsToMake(study, isFirst ? estimates : await estimateRuns(study, signal));
      return make(study, { ...options, patience }, room, left);
    });
  return withLock(join(out, LOCK_FILE), `the study in ${out}`, work, { patience, onWait, signal });
}

/**
 * Does the work on a study, and where it fails since a run diverged, does it again on what is left: the study without that seed.
 * @param open opens the study as it is then
 */
export async function withoutDiverged<Session extends Pick<StudySession, 'plan'>, T>(
  session: Session,
  open: () => Promise<Session>,
  work: (session: Session, isFirst: boolean) => Promise<T>,
  isFirst = true,
): Promise<T> {
  try {
    return await work(session, isFirst);
  } catch (error) {
    const left = await open();
    if (left.plan.seeds.length >= session.plan.seeds.length) throw error;
    return withoutDiverged(left, open, work, false);
  }
}

/** Plain lines say whose they are, where several are made at once. */
function progressOfRuns(
  print: (text: string) => void,
  columns: number | undefined,
): JobsOptions['progressOf'] {
  if (columns !== undefined) return progressOfSeveral(print, columns);
  return name => ({ update() {}, line: text => print(`${shown(named(name, text))}\n`), end() {} });
}

/**
 * Makes what is left, where several runs may be made at once; executes the notebooks, which make the runs that are still
 * not there; and writes what all of them say.
 */
async function make(
  session: StudySession,
  { plan, out, print, signal, patience, columns }: ReproduceOptions & { readonly patience: number },
  room: Room,
  left: readonly RunEstimate[],
): Promise<string[]> {
  const started = performance.now();
  const planFile = join(out, PLAN_FILE);
  writeFileAtomically(planFile, prettyJson(plan));
  const written = [planFile];
  if (room.jobs > 1)
    await makeAtOnce(left, {
      planFile,
      out,
      room,
      patience,
      signal,
      progressOf: progressOfRuns(print, columns),
    });
  await session.mend();
  for (const name of NOTEBOOKS) {
    signal?.throwIfAborted();
    print(`\n▸ ${name}\n`);
    const { executed, seconds } = await executeNotebook(name, out, {
      onOutput: print,
      signal,
      patience,
    });
    print(`  ${name}: ${formatDuration(seconds)}\n`);
    written.push(executed);
  }

  // Opened anew, to read what the notebooks' kernels have left in the store.
  const made = await openStudy({ plan, out, progress: linesOnly(print), signal });
  await quantizeCompared(made);
  const study = made.results();
  const ids = new Set(study.runs.map(({ id }) => id));
  const missing = session.asked().filter(({ id }) => !ids.has(id));
  if (missing.length > 0)
    throw new InputError(
      `the notebooks did not make the run "${missing[0].name}": was ${planFile} or the library changed meanwhile?`,
    );
  // Those that were there before may be another plan's, with other names.
  for (const { id, part } of made.asked()) made.store.keepPart(id, part);
  const versions = formatVersions(describeMachine(session.engine.threads));
  writeFileAtomically(join(out, VERSIONS_FILE), versions);
  written.push(
    join(out, VERSIONS_FILE),
    ...(await writeOutputs(study, out, versions, evidenceOf(made, study))),
  );
  print(
    `\nTable 1\n${tableText(forTerminal(table1(study), 'costs'))}\n\nTable 2\n${tableText(forTerminal(table2(study), 'differences'))}\n\n${[shown(sentenceOnBeta(study)), ...noteLines(made.notes)].join('\n')}\n`,
  );
  print(
    `\nDone in ${formatDuration((performance.now() - started) / 1000)}. Open ${shown(join(out, 'report.html'))}\n`,
  );
  return written;
}

function notebookIn(folder: string, name: string): string {
  return join(folder, 'notebooks', `${name}.ipynb`);
}

function linesOnly(print: (text: string) => void): Progress {
  return { update() {}, line: text => print(`${text}\n`) };
}

/**
 * Executes a notebook on the study in a folder.
 * @throws InputError names the cell that fails; TryAgainError where the same may do later
 */
export async function executeNotebook(
  name: (typeof NOTEBOOKS)[number],
  out: string,
  {
    patience,
    ...options
  }: Pick<RunNotebookOptions, 'onOutput' | 'signal'> & Pick<ReproduceOptions, 'patience'> = {},
): Promise<{ readonly notebook: string; readonly executed: string; readonly seconds: number }> {
  const [notebook, executed] = [PROJECT_FOLDER, out].map(folder => notebookIn(folder, name));
  const env = {
    [PLAN_VARIABLE]: resolve(out, PLAN_FILE),
    ...(patience !== undefined && Number.isFinite(patience) && { [WAIT_VARIABLE]: String(patience / 1000) }),
  };
  const { failure, seconds } = await runNotebook(notebook, { out: executed, env, ...options });
  options.signal?.throwIfAborted();
  if (failure) {
    const Kind = failure.again ? TryAgainError : InputError;
    throw new Kind(`${executed}: ${describeFailure(failure)}`);
  }
  return { notebook, executed, seconds };
}

/** As in notebook 2: the teacher, and the study's own student without it and by vanilla distillation. */
function isInCurves({ role, seed, student }: StudyRun, { students }: Study, firstSeed: number): boolean {
  const own = student === null || student === students[0];
  return own && seed === firstSeed && ['teacher', 'control', 'vanilla'].includes(role);
}

/** What the report says of each run, from the store. */
function evidenceOf(session: StudySession, study: Study): Evidence {
  const configs = new Map(session.known().map(({ id, config }) => [id, config]));
  return {
    plan: session.plan,
    configOf: ({ id }) => configs.get(id),
    predictionsOf: run => session.predictions(run),
    trainings: study.runs
      .filter(run => isInCurves(run, study, session.plan.seeds[0]))
      .map(run => session.training(run)),
    origin: {
      at: new Date(),
      trained: session.store.spanOf(study.runs.map(({ id }) => id)),
      source: sourceVersion(),
    },
  };
}

function describe({ plan, corpus, engine, readAs, notes, tokenizer }: StudySession): string {
  const size = (name: string, { architecture, layers, hiddenSize, initial, training }: ModelPlan) => {
    const start = typeof initial === 'string' ? STARTS[initial] : initial.checkpoint;
    const from = initial === 'random' ? '' : ` from ${start}`;
    return `${name} ${architecture} ${layers} × ${hiddenSize}${from}, ${training.epochs} epochs`;
  };
  const { seeds, students, givenTeacher } = plan;
  const teacher = givenTeacher
    ? `teacher given, not trained: ${Object.values(givenTeacher)[0]}`
    : size('teacher', plan.teacher);
  return [
    `Preset ${plan.preset}: corpus "${corpus.name}" with ${corpus.train.length} / ${corpus.valid.length} / ${corpus.test.length} sentences`,
    ...readAs,
    ...noteLines(notes),
    [
      teacher,
      ...students.map((model, i) => size(i === 0 ? 'student' : `student "${model.name}"`, model)),
    ].join('; '),
    `vocabulary ${tokenizer.vocabularySize}; critical types ${plan.criticalTypes.join(', ')}; seed${seeds.length > 1 ? 's' : ''} ${seeds.join(', ')}`,
    `engine ${engine.name}, ${counted(engine.threads, 'thread')}${engine.note ? ` (${engine.note})` : ''}`,
    '',
  ]
    .map(shown)
    .join('\n');
}

/** What the notebooks take beside training, and the measuring of one model, or asking one in 8 bits. */
const NOTEBOOKS_SECONDS = 50;
const MEASUREMENT_SECONDS = 3.5;
/** Of a usual server: what a dry run also tells of. */
const SIMULATED_CORES = 16;

/** Of the notebooks, once the runs are there. */
export function secondsOfNotebooks(session: StudySession, estimates: readonly RunEstimate[]): number {
  const { given, givenRun } = session;
  const { precisions, students, seeds } = session.plan;
  const hasModel = (id: string) => id !== givenRun?.id || given?.saved;
  const isMeasured = estimates.every(
    ({ id, state }) => !hasModel(id) || (state === 'done' && session.measurements.known({ id }) !== null),
  );
  const teachers = given ? (given.saved ? 1 : 0) : seeds.length;
  // One of each size, whatever the seed and the loss.
  const measured = isMeasured ? 0 : precisions.length * (Math.min(1, teachers) + students.length);
  // The teacher, two of each student and the best constrained one, which predict twice.
  const asked = precisions.includes('int8') ? teachers + (1 + 2 * students.length) * seeds.length : 0;
  return NOTEBOOKS_SECONDS + MEASUREMENT_SECONDS * (measured + asked);
}

function describeEstimate(session: StudySession, estimates: readonly RunEstimate[]): string {
  const width = Math.max(...estimates.map(({ name }) => shown(name).length));
  const lines = estimates.map(({ name, id, state, seconds, epochsLeft }) => {
    const left =
      state === 'done'
        ? 'done'
        : id === session.givenRun?.id
          ? `given, not trained; asked in about ${formatDuration(seconds)}`
          : `about ${formatDuration(seconds)}${state === 'begun' ? `, ${epochsLeft} epochs left` : ''}`;
    return `  ${shown(name).padEnd(width)}  ${id}  ${left}`;
  });
  const total = estimates.reduce((sum, { seconds }) => sum + seconds, 0);
  const rest = secondsOfNotebooks(session, estimates);
  return `${lines.join('\n')}\nTraining takes about ${formatDuration(total)} here; the notebooks and measuring latency add about ${formatDuration(rest)}.\n`;
}

/** How many runs at once, with how many threads. */
function describeRoom(session: StudySession, { jobs, cores }: Room): string {
  const threads = session.planned().map(({ config }) => threadsOf(config.model, session.engine.threads));
  const [least, most] = [Math.min(...threads), Math.max(...threads)];
  const each =
    least === most ? counted(most, 'thread') : `${least} or ${most} threads, by the width of its model`;
  if (jobs === 1) return `1 run at a time, with ${each}`;
  const alone =
    2 * most > cores!
      ? `; one with ${most} has the ${counted(cores!, 'core')} for itself (--threads says how many)`
      : '';
  return `${counted(jobs, 'run')} at a time, each with ${each}${alone}`;
}

/** As if runs that are made at once did not slow one another. */
function describeJobs(estimates: readonly RunEstimate[], room: Room): string {
  const left = estimates.filter(({ state }) => state !== 'done');
  if (left.length === 0) return '';
  const at = (room: Room) => formatDuration(scheduleOf(left, room).seconds);
  const many = { jobs: SIMULATED_CORES, cores: SIMULATED_CORES };
  return `Simulated from these, as if no run slowed another: ${counted(room.jobs, 'run')} at a time here, about ${at(room)} of training; on ${counted(SIMULATED_CORES, 'core')} with the same threads a run, about ${at(many)}.\n`;
}

/** On machines like this one: what a run takes was measured here, with the threads that it has here. Empty where nothing is left. */
export function describeSchedule(
  estimates: readonly Pick<RunEstimate, 'id' | 'name' | 'needs' | 'seconds' | 'threads'>[],
  nodes: number,
  cores = availableParallelism(),
): string {
  const threads = Math.max(...estimates.map(({ threads }) => threads));
  const each = Math.floor(cores / threads);
  if (each === 0)
    throw new InputError(
      `--cores ${cores}: a run was measured with ${counted(threads, 'thread')}; expected at least as many cores, or fewer --threads`,
    );
  const { seconds, criticalPath } = scheduleOf(estimates, { jobs: nodes * each });
  if (criticalPath.length === 0) return '';
  const path = criticalPath.map(({ name, seconds }) => `${shown(name)} (${formatDuration(seconds)})`);
  const least = criticalPath.reduce((sum, run) => sum + run.seconds, 0);
  return `On ${counted(nodes, 'node')} of ${counted(cores, 'core')}, ${counted(nodes * each, 'run')} at once: about ${formatDuration(seconds)} of training, then the notebooks. No number of nodes takes less than ${formatDuration(least)}: ${path.join(', then ')}.\n`;
}

/** Every notebook reads the corpus. */
function checkCorpusFiles(plan: StudyPlan): void {
  const once = fileReadOnce(plan);
  if (once !== undefined)
    throw new InputError(
      `${once}: this can be read once, and every notebook reads the corpus; expected a file`,
    );
}

/** @throws InputError where executed notebooks would replace the project's own, by whatever links */
function checkNotebooksFolder(out: string): void {
  const own = NOTEBOOKS.map(name => notebookIn(PROJECT_FOLDER, name));
  for (const name of NOTEBOOKS) checkOutputs({ '--out': notebookIn(out, name) }, own);
}
