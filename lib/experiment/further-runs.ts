/**
 * Students that were distilled beside the plan, by losses written in a cell or called by name: `distilled.json` keeps which
 * they are, so that tables, figures and reports made later, in other processes, have them too.
 */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJson } from '../json';
import { withLock } from '../lock';
import type { PlannedRun } from './planned-runs';
import type { RunConfig, StoredConfig } from './run-config';
import type { RunPart, RunStore } from './runs';
import { DamagedFileError, DONE, readSealedJson, writeSealedJson } from './sealed';
import { isOfThisSource } from './source-digest';
import { DISTILLED } from './store-files';

/** A run that is in the store, as the study shows it. */
export type KnownRun = Pick<PlannedRun, 'id' | 'name' | 'part'> & { readonly config: StoredConfig };
/** The same of one that was trained. */
type TrainedRun = Pick<PlannedRun, 'id' | 'name' | 'config' | 'part'>;

interface Entry {
  readonly run: string;
  readonly part: RunPart;
}

/** Another process writes the list in a moment. */
const PATIENCE_MS = 30_000;

export class FurtherRuns {
  private readonly file: string;
  /** What `of` has last left out, in sentences. */
  leftOut: readonly string[] = [];

  constructor(private readonly store: RunStore) {
    this.file = join(store.folder, DISTILLED.path);
  }

  /** Keeps a run, in place of one of the same name. Processes that do so at once do it one after the other. */
  async keep({ id, part }: KnownRun): Promise<void> {
    const work = async () => {
      const before = this.entries();
      const now = [...before.filter(entry => entry.part.name !== part.name), { run: id, part }];
      if (canonicalJson(now) !== canonicalJson(before))
        writeSealedJson(this.file, DISTILLED.of, { runs: now });
    };
    await withLock(`${this.file}.lock`, `the list ${this.file}`, work, { patience: PATIENCE_MS });
  }

  /** Those that are done, by the source that is here, and differ from the vanilla student of their seed in nothing but the loss. */
  of(planned: readonly PlannedRun[]): TrainedRun[] {
    const known = new Set(planned.map(({ id }) => id));
    const damaged: string[] = [];
    const runs = this.entries().flatMap(({ run: id, part }) => {
      if (known.has(id) || !this.store.isDone(id)) return [];
      const damage = this.store.damageOfScores(id);
      if (damage) {
        damaged.push(`${part.name} is left out: ${damage.file}: ${damage.found}`);
        return [];
      }
      const config = this.store.config(id);
      if ('given' in config) return [];
      const vanilla = planned.find(
        each =>
          each.part.role === 'vanilla' &&
          each.part.student === part.student &&
          each.config.training.seed === config.training.seed,
      );
      if (!vanilla || !isOfThisSource(config) || !differsInLossOnly(config, vanilla)) return [];
      return [{ id, name: part.name, config, part: { ...part, criticalTypes: vanilla.part.criticalTypes } }];
    });
    // A plan of one seed names them without it: the last one counts, whatever its name.
    const method = ({ part }: TrainedRun) => `${part.student} ${part.form}`;
    const last = new Map(runs.map(run => [method(run), run]));
    const ofSeeds = new Map(runs.map(run => [`${method(run)} ${run.config.training.seed}`, run]));
    // Seeds of one method differ in nothing else.
    const isAlike = (run: TrainedRun) => howTrained(run) === howTrained(last.get(method(run))!);
    const found = [...ofSeeds.values()];
    const unlike = found
      .filter(run => !isAlike(run))
      .map(
        run =>
          `${run.name} is left out: it has another loss or learning rate than ${last.get(method(run))!.name}`,
      );
    this.leftOut = [...damaged, ...unlike];
    return found.filter(isAlike);
  }

  private entries(): readonly Entry[] {
    if (!existsSync(this.file)) return [];
    try {
      return readSealedJson<{ readonly runs: readonly Entry[] }>(this.file, DISTILLED.of).runs;
    } catch (error) {
      if (!(error instanceof DamagedFileError)) throw error;
      this.store.say(
        `${error.message}: made again from the runs that are there, the one finished last of each name`,
      );
      return this.entriesOfStore();
    }
  }

  /** The students of losses beside a plan that the store has, in the order in which they were finished. */
  private entriesOfStore(): readonly Entry[] {
    return this.store
      .list()
      .flatMap(({ id, state, part }) =>
        state === 'done' && part?.role === 'distilled' ? { run: id, part } : [],
      )
      .map(entry => ({ entry, finished: statSync(this.store.pathOf(entry.run, DONE)).mtimeMs }))
      .sort((a, b) => a.finished - b.finished)
      .map(({ entry }) => entry);
  }
}

function howTrained({ config: { loss, training } }: TrainedRun): string {
  return canonicalJson({ loss, learningRate: training.learningRate });
}

function differsInLossOnly(config: RunConfig, vanilla: PlannedRun): boolean {
  const { criticalTypes, teacher } = config;
  const sorted = [...vanilla.part.criticalTypes].sort();
  return (
    withoutLoss(config) === withoutLoss(vanilla.config) &&
    (teacher === null || teacher === vanilla.config.teacher) &&
    (criticalTypes === null || canonicalJson(criticalTypes) === canonicalJson(sorted))
  );
}

/** What must be alike, whatever a loss asks for: a high β may have a learning rate of its own. */
function withoutLoss({ loss: _, criticalTypes: __, teacher: ___, training, ...config }: RunConfig): string {
  return canonicalJson({ ...config, training: { ...training, learningRate: 0 } });
}
