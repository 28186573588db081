/** Writes what finished runs keep of their training, and their scores, where TensorBoard or MLflow looks. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { MEASURES, type MeasuredScores, scoreOf } from '../../evaluation/measures';
import type { RunConfig } from '../../experiment/run-config';
import { HISTORY_FILE } from '../../experiment/run-files';
import type { RunStore, StoredRun } from '../../experiment/runs';
import { writeFileAtomically } from '../../files';
import { counted } from '../../listed';
import { checkOutputFolder, checkOutputs } from '../../output-checks';
import { experimentFolder, experimentMeta, runFiles, runIdIn } from '../../report/mlflow';
import { eventFile, type Scalar } from '../../report/tensorboard';
import { shown } from '../../shown';
import { filesOfStudy, storeIn } from './results';
import { nameOf } from './runs';

interface TrackFlags {
  readonly results: string;
  readonly to: keyof typeof WRITERS;
  readonly experiment: string;
}
/** A run that was trained. */
type TrainedRun = StoredRun & { readonly config: RunConfig };

/** How runs are written for each tool, and the command that shows them. */
const WRITERS = { tensorboard: forTensorBoard, mlflow: forMlflow } as const;

/** One file a run, of one name: the same command again replaces it. */
const EVENTS = 'events.out.tfevents.ner-distill';

export function trackRuns(folder: string, { results, to, experiment }: TrackFlags): void {
  const store = storeIn(results);
  checkOutputFolder(folder);
  const finished = store
    .list()
    .filter(
      ({ id, state }) =>
        state === 'done' || (state === 'outdated' && store.isDone(id) && store.hasDigests(id)),
    );
  const runs = finished.filter(isTrained);
  const inputs = filesOfStudy(results);
  const check = (file: string) => checkOutputs({ 'the folder': file }, inputs);
  const command = WRITERS[to](runs, { store, folder, experiment, check });
  process.stdout.write(`${counted(runs.length, 'run')} in ${shown(folder)}: ${shown(command)}\n`);
}

/** A teacher that was given has no training to show. */
function isTrained(run: StoredRun): run is TrainedRun {
  return run.config !== null && 'training' in run.config;
}

interface Place {
  readonly store: RunStore;
  readonly folder: string;
  readonly experiment: string;
  /** Throws where a file of the study would be replaced. */
  readonly check: (file: string) => void;
}

function forTensorBoard(runs: readonly TrainedRun[], { store, folder, check }: Place): string {
  const files = runs.map(run => join(folder, folderOf(run), EVENTS));
  for (const file of files) check(file);
  for (const [i, run] of runs.entries())
    writeFileAtomically(files[i], eventFile(scalarsOf(store, run), timeOf(store, run)));
  return `tensorboard --logdir ${folder}`;
}

/** TensorBoard calls a run as its folder is called. */
function folderOf(run: TrainedRun): string {
  return `${titleOf(run)} ${run.id}`.replace(/[^\p{L}\p{N}.]+/gu, '-');
}

function forMlflow(runs: readonly TrainedRun[], { store, folder, experiment, check }: Place): string {
  const id = existingExperiment(folder, experiment) ?? experimentFolder(experiment);
  const meta = join(folder, id, 'meta.yaml');
  for (const file of [meta, ...runs.map(run => join(folder, id, runIdIn(id, run.id), 'meta.yaml'))])
    check(file);
  if (!existsSync(meta))
    writeFileAtomically(meta, experimentMeta(experiment, join(folder, id), id, Date.now()));
  for (const run of runs) {
    const tracking = runIdIn(id, run.id);
    const place = join(folder, id, tracking);
    const to = timeOf(store, run) * 1000;
    const from = store.spanOf([run.id])?.from.getTime() ?? to;
    const { name: _, criticalTypes, ...part } = run.part ?? {};
    const parameters = { ...part, ...run.config, criticalTypes: run.config.criticalTypes ?? criticalTypes };
    const scalars = scalarsOf(store, run);
    const tracked = { id: tracking, name: titleOf(run), parameters, scalars, from: Math.min(from, to), to };
    for (const [path, text] of runFiles(tracked, place, id)) writeFileAtomically(join(place, path), text);
  }
  return `MLFLOW_ALLOW_FILE_STORE=true mlflow server --backend-store-uri ${folder}`;
}

/** The folder of an experiment that MLflow has made, or this command. */
function existingExperiment(folder: string, name: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  const written = [name, `'${name}'`, JSON.stringify(name)];
  // As YAML has it, or as JSON.
  const isNamed = (line: string) => written.includes(/^\s*"?name"?: (.*?),?\s*$/.exec(line)?.[1] ?? '');
  return readdirSync(folder).find(id => {
    const meta = join(folder, id, 'meta.yaml');
    return existsSync(meta) && readFileSync(meta, 'utf8').split('\n').some(isNamed);
  });
}

/** When it was trained, as far as it is known: the time of its history. In seconds since 1970. */
function timeOf(store: RunStore, { id }: StoredRun): number {
  return statSync(store.pathOf(id, HISTORY_FILE)).mtimeMs / 1000;
}

function titleOf(run: TrainedRun): string {
  return shown(
    [nameOf(run), run.part?.student, `seed ${run.config.training.seed}`].filter(Boolean).join(' '),
  );
}

/** Every column of the history over its steps, the scores on validation after each epoch, and those at the end. */
function scalarsOf(store: RunStore, { id, metrics }: StoredRun): Scalar[] {
  const history = store.history(id);
  const steps = history.length;
  const ofStep = history.flatMap(({ step, epoch: _, ...columns }) =>
    Object.entries(columns).map(([name, value]) => ({ tag: `training/${name}`, step, value })),
  );
  const ofScores = (part: string, step: number, scores: MeasuredScores): Scalar[] =>
    MEASURES.flatMap(measure => {
      const value = scoreOf(measure, scores);
      return value === null ? [] : [{ tag: `${part}/${measure.name}`, step, value }];
    });
  const { epochs = [], test } = metrics ?? {};
  return [
    ...ofStep,
    ...epochs.flatMap((scores, i) =>
      ofScores('validation', Math.round((steps * (i + 1)) / epochs.length), scores),
    ),
    ...(test ? ofScores('test', steps, test) : []),
  ];
}
