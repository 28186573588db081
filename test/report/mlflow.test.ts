/**
 * A file store, against what MLflow 3.17.2 writes for the same calls, and as MLflow reads it: the Python that NER_DISTILL_MLFLOW
 * names, of any version; skipped without one.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { experimentFolder, experimentMeta, runFiles } from 'ner-distill/report/mlflow';
import { expect, it } from 'vitest';

const RUN = {
  id: '9d09218e77704ce8',
  name: 'vanilla, « 2 » layers',
  parameters: {
    loss: { name: 'logits', settings: { beta: 0.2, 'a/b': 1 } },
    tags: ['O', 'B-PER'],
    teacher: null,
  },
  scalars: [
    { tag: 'training/loss', step: 1, value: 0.25 },
    { tag: 'training/loss', step: 2, value: 1e-7 },
    { tag: 'test/f1', step: 2, value: 0.5 },
  ],
  from: 1700000000000.25,
  to: 1700000060000.75,
};
const PARAMETERS = {
  'loss.name': 'logits',
  'loss.settings.beta': '0.2',
  'loss.settings.a-b': '1',
  tags: '["O","B-PER"]',
};

it('has the files that MLflow writes', () => {
  const files = runFiles(RUN, '/store/1/9d09218e77704ce8', '1');
  expect([...files.keys()].sort()).toEqual(
    [
      ...['artifacts/parameters.json', 'meta.yaml', 'metrics/test/f1', 'metrics/training/loss'],
      ...Object.keys(PARAMETERS).map(name => `params/${name}`),
      ...['tags/mlflow.runName', 'tags/mlflow.source.name', 'tags/mlflow.source.type'],
    ].sort(),
  );
  expect(files.get('metrics/training/loss')).toBe('1700000060001 0.25 1\n1700000060001 1e-7 2\n');
  expect(files.get('tags/mlflow.runName')).toBe(RUN.name);
  expect(JSON.parse(files.get('meta.yaml')!)).toMatchObject({
    end_time: 1700000060001,
    experiment_id: '1',
    lifecycle_stage: 'active',
    run_id: RUN.id,
    source_type: 4,
    start_time: 1700000000000,
    status: 3,
  });
});

const READ = `
import json, sys
from mlflow.tracking import MlflowClient
client = MlflowClient(tracking_uri=sys.argv[1])
print(json.dumps([
  {
    'experiment': experiment.name,
    'run': [run.info.run_id, run.info.run_name, run.info.status, run.info.start_time, run.info.end_time],
    'parameters': run.data.params,
    'metrics': {key: [[m.step, m.value] for m in client.get_metric_history(run.info.run_id, key)] for key in run.data.metrics},
    'artifacts': [file.path for file in client.list_artifacts(run.info.run_id)],
  }
  for experiment in client.search_experiments() if experiment.experiment_id != '0'
  for run in client.search_runs([experiment.experiment_id])
]))`;
const SEEN = {
  experiment: 'a « name »',
  run: [RUN.id, RUN.name, 'FINISHED', 1700000000000, 1700000060001],
  parameters: PARAMETERS,
  metrics: {
    'training/loss': [
      [1, 0.25],
      [2, 1e-7],
    ],
    'test/f1': [[2, 0.5]],
  },
  artifacts: ['parameters.json'],
};

const { NER_DISTILL_MLFLOW: python } = process.env;
const skipped =
  python === undefined
    ? 'NER_DISTILL_MLFLOW names no Python'
    : spawnSync(python, ['-c', 'import mlflow']).status === 0
      ? undefined
      : `${python} has no MLflow`;

it.skipIf(skipped !== undefined)(
  `is read by MLflow, as it is and as the database that MLflow makes of it${skipped ? ` (skipped: ${skipped})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'mlflow-'));
    const store = join(folder, 'mlruns');
    const id = experimentFolder(SEEN.experiment);
    const place = join(store, id, RUN.id);
    const files = runFiles(RUN, place, id);
    files.set('../meta.yaml', experimentMeta(SEEN.experiment, join(store, id), id, 1700000000000));
    for (const [path, text] of files) {
      mkdirSync(dirname(join(place, path)), { recursive: true });
      writeFileSync(join(place, path), text);
    }
    const call = (...args: string[]) =>
      execFileSync(python!, args, {
        encoding: 'utf8',
        cwd: folder,
        env: { ...process.env, MLFLOW_ALLOW_FILE_STORE: 'true' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    expect(JSON.parse(call('-c', READ, store))).toEqual([SEEN]);
    // Before 3.10 MLflow made none.
    if (!call('-m', 'mlflow', '--help').includes('migrate-filestore')) return;
    const database = `sqlite:///${join(folder, 'mlflow.db')}`;
    call('-m', 'mlflow', 'migrate-filestore', '--source', store, '--target', database);
    expect(JSON.parse(call('-c', READ, database))).toEqual([SEEN]);
  },
  300_000,
);
