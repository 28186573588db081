/** Writes what finished runs keep of their training, and their scores, where TensorBoard looks. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { MEASURES, type MeasuredScores, scoreOf } from '../../evaluation/measures';
import { HISTORY_FILE } from '../../experiment/run-files';
import type { RunStore, StoredRun } from '../../experiment/runs';
import { writeFileAtomically } from '../../files';
import { counted } from '../../listed';
import { checkOutputFolder, checkOutputs } from '../../output-checks';
import { eventFile, type Scalar } from '../../report/tensorboard';
import { shown } from '../../shown';
import { filesOfStudy, storeIn } from './results';
import { nameOf } from './runs';

/** One file a run, of one name: the same command again replaces it. */
const EVENTS = 'events.out.tfevents.ner-distill';

export function trackRuns(folder: string, { results }: { results: string }): void {
  const store = storeIn(results);
  checkOutputFolder(folder);
  const finished = store.list().filter(({ state }) => state === 'done' || state === 'outdated');
  // A teacher that was given has no training to show.
  const runs = finished.filter(({ config }) => config && 'training' in config);
  const files = runs.map(run => join(folder, folderOf(run), EVENTS));
  const inputs = filesOfStudy(results);
  for (const file of files) checkOutputs({ 'the folder': file }, inputs);
  for (const [i, run] of runs.entries()) {
    // The time of the training, as far as it is known: that of its file.
    const seconds = statSync(store.pathOf(run.id, HISTORY_FILE)).mtimeMs / 1000;
    writeFileAtomically(files[i], eventFile(scalarsOf(store, run), seconds));
  }
  process.stdout.write(
    `${counted(runs.length, 'run')} in ${shown(folder)}: tensorboard --logdir ${shown(folder)}\n`,
  );
}

/** TensorBoard calls a run as its folder is called. */
function folderOf(run: StoredRun): string {
  const seed = run.config && 'training' in run.config ? run.config.training.seed : '';
  const name = `${nameOf(run)} ${run.part?.student ?? ''} seed ${seed} ${run.id}`;
  return name.replace(/[^\p{L}\p{N}.]+/gu, '-');
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
