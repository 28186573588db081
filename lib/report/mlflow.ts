/**
 * A file store of MLflow (`mlruns/`): a folder an experiment, in it one a run, in that a file for each parameter, metric and tag
 * (mlflow/store/tracking/file_store.py). MLflow up to 3.12 opens it as it is, later ones with `MLFLOW_ALLOW_FILE_STORE=true`;
 * since 3.10 `mlflow migrate-filestore` makes a database of it. No package for Node writes those.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { sha256 } from '../digest';
import { prettyJson } from '../json';
import type { Scalar } from './tensorboard';

export interface TrackedRun {
  /** Letters, digits, `_` and `-`. */
  readonly id: string;
  readonly name: string;
  /** What determines it, also in levels; what is `null` is left out. */
  readonly parameters: object;
  /** Names may have levels, between `/`. */
  readonly scalars: readonly Scalar[];
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
}

/** Of `RunStatus` and `SourceType` in mlflow/entities. */
const [FINISHED, LOCAL] = [3, 4];
/** What MLflow allows in names on every system; it keeps them as names of files. */
const NOT_IN_NAMES = /[^\w.-]/g;

/** The folder of an experiment in a store: a whole number, as databases of MLflow want it. */
export function experimentFolder(name: string): string {
  return String(BigInt(`0x${sha256(name).slice(0, 16)}`) % 10n ** 18n);
}

/** The id of a run in an experiment: no other experiment may have it, or MLflow makes no database of the store. */
export function runIdIn(experiment: string, run: string): string {
  return run + sha256(experiment).slice(0, 16);
}

/** `meta.yaml` of an experiment; JSON is YAML. @param place its folder @param time milliseconds since 1970 */
export function experimentMeta(name: string, place: string, id: string, time: number): string {
  return prettyJson({
    artifact_location: uriOf(place),
    creation_time: time,
    experiment_id: id,
    last_update_time: time,
    lifecycle_stage: 'active',
    name,
  });
}

/** The files of a run by their paths in its folder. @param place that folder @param experiment id of its experiment */
export function runFiles(run: TrackedRun, place: string, experiment: string): Map<string, string> {
  const { id, name, parameters, scalars } = run;
  const [from, to] = [run.from, run.to].map(Math.round);
  const metrics = new Map<string, string>();
  for (const { tag, step, value } of scalars) {
    const file = `metrics/${tag}`;
    metrics.set(file, `${metrics.get(file) ?? ''}${to} ${value} ${step}\n`);
  }
  return new Map([
    ...metrics,
    ...flat(parameters).map(([key, value]) => [`params/${key}`, value] as const),
    // MLflow takes a folder without `artifacts` for no run.
    ['artifacts/parameters.json', prettyJson(parameters)],
    ['tags/mlflow.runName', name],
    ['tags/mlflow.source.name', 'ner-distill'],
    ['tags/mlflow.source.type', 'LOCAL'],
    [
      'meta.yaml',
      prettyJson({
        artifact_uri: uriOf(resolve(place, 'artifacts')),
        end_time: to,
        entry_point_name: '',
        experiment_id: experiment,
        lifecycle_stage: 'active',
        run_id: id,
        run_name: name,
        run_uuid: id,
        source_name: '',
        source_type: LOCAL,
        source_version: '',
        start_time: from,
        status: FINISHED,
        tags: [],
        user_id: '',
      }),
    ],
  ]);
}

function uriOf(place: string): string {
  return pathToFileURL(resolve(place)).href;
}

/** Names of the levels with dots between them; a list is one value. */
function flat(parameters: object, above = ''): [string, string][] {
  return Object.entries(parameters).flatMap(([name, value]) => {
    const key = above + name.replace(NOT_IN_NAMES, '-');
    if (value === null || value === undefined) return [];
    if (typeof value === 'object' && !Array.isArray(value)) return flat(value, `${key}.`);
    return [[key, typeof value === 'string' ? value : JSON.stringify(value)]];
  });
}
