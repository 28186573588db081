/**
 * Students that were distilled beside the plan, by losses written in a cell or called by name: `distilled.json` keeps which
 * they are, so that tables, figures and reports made later, in other processes, have them too.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomically } from '../files';
import { canonicalJson, prettyJson, readJson } from '../json';
import type { PlannedRun } from './planned-runs';
import type { RunConfig } from './run-config';
import type { RunStore } from './runs';
import { isOfThisSource } from './source-digest';

export const FURTHER_RUNS_FILE = 'distilled.json';

/** A run that is in the store, as the study shows it. */
export type KnownRun = Pick<PlannedRun, 'id' | 'name' | 'config' | 'part'>;

interface Entry {
  readonly run: string;
  readonly name: string;
}

export class FurtherRuns {
  private readonly file: string;

  constructor(private readonly store: RunStore) {
    this.file = join(store.folder, FURTHER_RUNS_FILE);
  }

  /** Keeps a run, in place of one of the same name. */
  keep({ id, name }: KnownRun): void {
    const before = this.entries();
    const now = [...before.filter(entry => entry.name !== name), { run: id, name }];
    if (canonicalJson(now) !== canonicalJson(before)) writeFileAtomically(this.file, prettyJson(now));
  }

  /** Those that are done, by the source that is here, and differ from the vanilla student of their seed in nothing but the loss. */
  of(planned: readonly PlannedRun[]): KnownRun[] {
    const known = new Set(planned.map(({ id }) => id));
    const runs = this.entries().flatMap(({ run: id, name }) => {
      if (known.has(id) || !this.store.isDone(id)) return [];
      const part = this.store.partOf(id);
      const config = this.store.config(id);
      const vanilla = planned.find(
        each =>
          each.part.role === 'vanilla' &&
          each.part.student === part?.student &&
          each.config.training.seed === config.training.seed,
      );
      if (!part || !vanilla || !isOfThisSource(config) || !differsInLossOnly(config, vanilla)) return [];
      return [{ id, name, config, part: { ...part, criticalTypes: vanilla.part.criticalTypes } }];
    });
    // A plan of one seed names them without it: the last one counts, whatever its name.
    const place = ({ config, part }: KnownRun) => `${part.student} ${part.form} ${config.training.seed}`;
    return [...new Map(runs.map(run => [place(run), run])).values()];
  }

  private entries(): readonly Entry[] {
    if (!existsSync(this.file)) return [];
    try {
      const entries: unknown = readJson(this.file);
      const isEntry = (entry: Partial<Entry> | null) =>
        typeof entry?.run === 'string' && typeof entry.name === 'string';
      return Array.isArray(entries) ? entries.filter(isEntry) : [];
    } catch {
      // Only a list; `distil` writes it anew.
      return [];
    }
  }
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
